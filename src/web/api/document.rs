//! The OpenAPI 3.1 document, out of the same list of operations that the routes are made from and
//! out of the types that are read and written.

use std::collections::BTreeMap;

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use super::BASE;
use super::problem::Problem;
use crate::desk::{self, Step};
use crate::office::{Choice, CommandShape, FieldKind, FormField, command_shapes};

pub type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

pub fn schema_of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// One method at one address, as it is told.
pub struct Told {
    pub method: &'static str,
    /// Below [`BASE`], `{name}` where something is filled in.
    pub path: &'static str,
    pub id: &'static str,
    pub about: &'static str,
    /// Its fields are those of the query string.
    pub query: Option<SchemaOf>,
    pub body: Option<SchemaOf>,
    pub answer: SchemaOf,
    /// Besides 200: what may go wrong.
    pub failures: &'static [u16],
    /// 202 with the same body until it is done.
    pub waits: bool,
    /// Without a key.
    pub is_open: bool,
}

pub fn document(operations: &[Told]) -> Value {
    let settings = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into());
    let mut generator = settings.into_generator();
    let problem = reference(&mut generator, schema_of::<Problem>);
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for told in operations {
        let shapes = match told.path.contains("{command}") {
            true => command_shapes().into_iter().map(Some).collect(),
            false => vec![None],
        };
        for shape in shapes {
            let action = shape.as_ref().map_or("", |shape| shape.action);
            let path = format!("{BASE}{}", told.path.replace("{command}", action));
            let operation = operation(told, shape.as_ref(), &mut generator, &problem);
            paths.entry(path).or_default().insert(told.method.to_owned(), operation);
        }
    }
    let schemas = generator.take_definitions(true);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "便民 Bianmin",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Everything of the county's desk, for programs.",
            "description": "See docs/api.md. Times are RFC 3339; months are like 2026-11. What a key may not see is not there for it: 404.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "security": [{ "key": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Made by `bianmin staff key add`; shown once.",
                },
            },
            "schemas": schemas,
        },
    })
}

fn reference(generator: &mut SchemaGenerator, of: SchemaOf) -> Value {
    of(generator).to_value()
}

fn operation(
    told: &Told,
    shape: Option<&CommandShape>,
    generator: &mut SchemaGenerator,
    problem: &Value,
) -> Value {
    let mut parameters = path_parameters(told.path);
    if let Some(query) = told.query {
        parameters.extend(query_parameters(generator, query));
    }
    if told.method == "post" {
        parameters.push(json!({
            "name": "Idempotency-Key",
            "in": "header",
            "required": true,
            "description": "New for each thing to be done; the same when it is tried again.",
            "schema": { "type": "string", "minLength": 1, "maxLength": 200 },
        }));
    }
    let answer = json!({ "schema": reference(generator, told.answer) });
    let mut responses = Map::new();
    responses.insert(
        "200".into(),
        json!({
            "description": "Done",
            "content": { "application/json": answer },
        }),
    );
    if told.waits {
        let content = responses["200"]["content"].clone();
        let answer = json!({ "description": "Look again later", "content": content });
        responses.insert("202".into(), answer);
    }
    let always = if told.is_open { &[][..] } else { &[401, 429, 503][..] };
    for status in told.failures.iter().chain(always) {
        responses.insert(
            status.to_string(),
            json!({
                "description": "See `code` and `mend`",
                "content": { "application/problem+json": { "schema": problem } },
            }),
        );
    }
    let id = shape.map_or_else(|| told.id.to_owned(), |shape| format!("case_{}", shape.action));
    let mut operation = json!({
        "operationId": id,
        "summary": shape.map_or(told.about, |shape| shape.title),
        "parameters": parameters,
        "responses": responses,
    });
    if let Some(shape) = shape {
        operation["description"] = json!(about_step(shape));
    }
    let body = match (shape, told.body) {
        (Some(shape), _) => Some(command_body(shape)),
        (None, body) => body.map(|body| reference(generator, body)),
    };
    if let Some(body) = body {
        operation["requestBody"] = json!({
            "required": true,
            "content": { "application/json": { "schema": body } },
        });
    }
    if told.is_open {
        operation["security"] = json!([]);
    }
    operation
}

fn path_parameters(path: &str) -> Vec<Value> {
    let names = path.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    let told = names.filter(|name| *name != "command").map(|name| {
        json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
    });
    told.collect()
}

/// Each field of a query's type is a parameter.
fn query_parameters(generator: &mut SchemaGenerator, of: SchemaOf) -> Vec<Value> {
    let referred = of(generator).to_value();
    let name = referred["$ref"].as_str().and_then(|path| path.rsplit('/').next());
    let schema = name.and_then(|name| generator.definitions().get(name)).cloned();
    let schema = schema.unwrap_or(referred);
    let fields = schema["properties"].as_object().cloned().unwrap_or_default();
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let parameter = |(name, mut field): (String, Value)| {
        let about = field.as_object_mut().and_then(|field| field.remove("description"));
        json!({
            "name": name,
            "in": "query",
            "required": required.contains(&json!(name)),
            "description": about.unwrap_or_default(),
            "schema": field,
        })
    };
    fields.into_iter().map(parameter).collect()
}

/// What the fields of a command are, from the form in which people fill them in.
fn command_body(shape: &CommandShape) -> Value {
    let mut properties = Map::new();
    properties.insert(
        "revision".into(),
        json!({
            "type": "integer",
            "minimum": 1,
            "description": "Of the case as it was seen; if somebody was faster, nothing is done.",
        }),
    );
    for field in &shape.fields {
        properties.insert(field.name.to_owned(), field_schema(field));
    }
    let required = shape.fields.iter().filter(|field| field.required).map(|field| field.name);
    let required: Vec<&str> = std::iter::once("revision").chain(required).collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn field_schema(field: &FormField) -> Value {
    let ids = |all: &[Choice]| all.iter().map(|one| one.id.clone()).collect::<Vec<_>>();
    let mut schema = match &field.kind {
        FieldKind::Number { min, max } => {
            json!({ "type": "integer", "minimum": min, "maximum": max })
        }
        FieldKind::Day => json!({ "type": "string", "format": "date" }),
        FieldKind::Moment => json!({ "type": "string", "format": "date-time" }),
        FieldKind::Choice(all) if !all.is_empty() => json!({ "type": "string", "enum": ids(all) }),
        _ => json!({ "type": "string" }),
    };
    let hint = if field.hint.is_empty() { String::new() } else { format!("：{}", field.hint) };
    schema["description"] = json!(format!("{}{hint}", field.label));
    schema
}

/// From which states, to which, and by whom: as the table of transitions says.
fn about_step(shape: &CommandShape) -> String {
    let mut text = shape.intro.to_owned();
    for row in desk::TRANSITIONS.iter().filter(|row| row.step == shape.step) {
        let from: Vec<&str> = row.from.iter().map(|state| state.id()).collect();
        let who: Vec<&str> = row.who.iter().map(|party| party.id()).collect();
        let to = row.to.map_or("the same", |state| state.id());
        let told = row.told.map(|id| format!(" She is told `{id}`.")).unwrap_or_default();
        text += &format!(
            "\n\n`{}`: from {}; to {to}; by {}. {}{told}",
            Step::id(row.step),
            from.join(", "),
            who.join(", "),
            row.guard
        );
    }
    text.trim().to_owned()
}
