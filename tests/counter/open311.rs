//! Open311 GeoReport v2: another platform files and follows a case, in JSON and in XML.

use std::collections::{BTreeMap, BTreeSet};

use bianmin::county::Places;
use bianmin::office::{Owes, Role, Session, Told};
use quick_xml::events::Event;
use serde_json::{Value, json};

use crate::county::{County, VILLAGER, county};
use crate::program::VILLAGE;

const REPLY: &str = "灯已经换好，线路也查过了，有问题请打城管电话。";

struct Heard {
    status: u16,
    kind: String,
    text: String,
}

impl Heard {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// Each text with the names of the elements around it.
    fn xml(&self) -> Vec<(String, String)> {
        assert!(
            self.text.starts_with("<?xml version=\"1.0\" encoding=\"utf-8\"?>"),
            "{}",
            self.text
        );
        let mut reader = quick_xml::Reader::from_str(&self.text);
        let (mut path, mut found): (Vec<String>, Vec<(String, String)>) = (Vec::new(), Vec::new());
        loop {
            match reader.read_event().unwrap() {
                Event::Start(start) => {
                    path.push(start.name().as_ref().to_owned());
                    found.push((path.join("/"), String::new()));
                }
                Event::End(_) => drop(path.pop()),
                Event::Text(text) if !path.is_empty() => {
                    found.last_mut().unwrap().1 += &text.into_inner();
                }
                Event::Eof => break,
                _ => {}
            }
        }
        assert!(path.is_empty());
        found
    }

    fn in_xml(&self, path: &str) -> Vec<String> {
        let found = self.xml().into_iter().filter(|(known, _)| known == path);
        found.map(|(_, text)| text).collect()
    }
}

async fn heard(request: reqwest::RequestBuilder) -> Heard {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    Heard { status, kind, text: answer.text().await.unwrap() }
}

impl County {
    async fn open311(&self, path: &str) -> Heard {
        heard(self.http.get(format!("{}/open311{path}", self.base))).await
    }

    async fn open311_post(&self, path: &str, fields: &[(&str, &str)]) -> Heard {
        heard(self.http.post(format!("{}/open311{path}", self.base)).form(fields)).await
    }
}

fn request<'a>(key: &'a str, source_id: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("api_key", key),
        ("service_code", "0409"),
        ("address_id", VILLAGE),
        ("address_string", "村口"),
        ("description", "路灯坏了，我叫李四，电话13800138001"),
        ("last_name", "李"),
        ("first_name", "四"),
        ("phone", "13800138001"),
        ("attribute[source_id]", source_id),
    ]
}

#[tokio::test]
async fn what_is_offered_is_said_in_both_formats() {
    let county = county().open().await;
    let said = county.open311("/discovery.json").await;
    let endpoint = &said.json()["endpoints"][0];
    assert_eq!(endpoint["specification"], json!("http://wiki.open311.org/GeoReport_v2"));
    assert_eq!(endpoint["formats"], json!(["text/xml", "application/json"]));
    let said = county.open311("/discovery.xml").await;
    assert_eq!(said.kind, "text/xml; charset=utf-8");
    let url = said.in_xml("discovery/endpoints/endpoint/url");
    assert_eq!(url, ["/open311/v2"]);
    let changeset = said.in_xml("discovery/changeset");
    assert!(changeset[0].parse::<jiff::Timestamp>().is_ok(), "{changeset:?}");

    let services = county.open311("/v2/services.json").await.json();
    let all = services.as_array().unwrap();
    let codes: Vec<&str> = all.iter().map(|one| one["service_code"].as_str().unwrap()).collect();
    let xml = county.open311("/v2/services.xml").await;
    assert_eq!(xml.in_xml("services/service/service_code"), codes);
    assert!(codes.contains(&"0409"));
    let pests = all.iter().find(|one| one["service_code"] == json!("0102")).unwrap();
    let keywords = pests["keywords"].as_str().unwrap();
    assert!(keywords.starts_with("虫害,病虫,腻虫") && !keywords.contains('*'), "{keywords}");
    let location = county.open311("/discovery.json").await.json()["location"].to_string();
    assert!(location.contains("lat and long alone do not say"), "{location}");
    for service in all {
        for name in ["service_name", "description", "type", "keywords", "group"] {
            assert!(service[name].is_string(), "{name}: {service}");
        }
        assert_eq!(service["metadata"], json!(true));
    }
    let one = county.open311("/v2/services/0409.json").await.json();
    assert_eq!(one["service_code"], json!("0409"));
    assert_eq!(one["attributes"][0]["code"], json!("source_id"));
    let xml = county.open311("/v2/services/0409.xml").await;
    let kinds = xml.in_xml("service_definition/attributes/attribute/values/value/key");
    assert!(kinds.contains(&"complaint".to_owned()), "{kinds:?}");
}

#[tokio::test]
async fn another_platform_files_and_follows_a_case() {
    let mut county = county().open().await;
    let key = county.office.add_api_key("城管平台", Role::Source, Some("数字城管")).await.unwrap();
    let clerk = county.office.add_api_key("调度程序", Role::Clerk, None).await.unwrap();
    let filed = county.open311_post("/v2/requests.json", &request(&key, "A-1")).await;
    assert_eq!(filed.status, 200, "{}", filed.text);
    let number = filed.json()[0]["service_request_id"].as_str().unwrap().to_owned();
    // Its own number again is the same request, in XML too.
    let again = county.open311_post("/v2/requests.xml", &request(&key, "A-1")).await;
    assert_eq!(
        again.in_xml("service_requests/request/service_request_id"),
        std::slice::from_ref(&number)
    );
    let token = county.open311(&format!("/v2/tokens/A-1.json?api_key={key}")).await.json();
    assert_eq!(token, json!([{ "service_request_id": number, "token": "A-1" }]));

    let fields = [
        ("api_key", &*key),
        ("service_request_id", &*number),
        ("update_id", "U-1"),
        ("description", "灯杆也歪了"),
    ];
    let more = county.open311_post("/v2/servicerequestupdates.xml", &fields).await;
    let path = "service_request_updates/request_update/update_id";
    assert_eq!(more.in_xml(path), ["U-1"], "{}", more.text);
    let more = county.open311_post("/v2/servicerequestupdates.json", &fields).await;
    assert_eq!(more.status, 200, "the same update again");

    county.pass(60).await;
    let platform = county.with_key(&clerk);
    let seen = platform.case(&number).await;
    assert_eq!(seen["supplements"], json!(1));
    platform.act(&number, "dispatch", json!({ "department": "城管" })).await.fine();
    platform.act(&number, "accept", json!({})).await.fine();
    platform.act(&number, "reply", json!({ "outcome": "solved", "text": REPLY })).await.fine();

    let path = format!("/v2/requests/{number}");
    let json = county.open311(&format!("{path}.json?api_key={key}")).await.json();
    let one = &json[0];
    assert_eq!(one["status"], json!("open"));
    assert_eq!(one["status_notes"], json!("已答复，请评价，结果：已解决"));
    assert_eq!(one["address_id"], json!(VILLAGE));
    assert_eq!(one["requested_datetime"], json!("2026-11-23T02:00:00Z"));
    assert!(one["agency_responsible"].as_str().unwrap().contains("城"), "{one}");
    let xml = county.open311(&format!("{path}.xml?api_key={key}")).await;
    for (name, value) in one.as_object().unwrap() {
        let text = xml.in_xml(&format!("service_requests/request/{name}"));
        assert_eq!(text, [value.as_str().unwrap_or_default()], "{name}");
    }
    // Who it is stands nowhere, not even in the words.
    for hidden in ["13800138001", "李四"] {
        assert!(!json.to_string().contains(hidden), "{json}");
    }
    let updates =
        county.open311(&format!("/v2/servicerequestupdates.json?api_key={key}")).await.json();
    let told: Vec<(&str, &str)> = updates
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["status"].as_str().unwrap(), one["description"].as_str().unwrap()))
        .collect();
    assert_eq!(told[0], ("OPEN", "收到"));
    assert_eq!(told[1], ("INVESTIGATING", "已转城管局办理"));
    assert_eq!(told.last().unwrap(), &("FIXED", REPLY));
    let ids: BTreeMap<&str, ()> = updates
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["update_id"].as_str().unwrap(), ()))
        .collect();
    assert_eq!(ids.len(), told.len(), "each has an id of its own");
    let later = "start_date=2026-11-23T10:00:30%2B08:00";
    let later = format!("/v2/servicerequestupdates.json?api_key={key}&{later}");
    assert_eq!(county.open311(&later).await.json().as_array().unwrap().len(), told.len() - 1);
}

#[tokio::test]
async fn a_list_is_filtered_and_confidential_cases_are_their_filers_only() {
    let mut county = county().open().await;
    let key = county.office.add_api_key("城管平台", Role::Source, Some("数字城管")).await.unwrap();
    let clerk = county.office.add_api_key("调度程序", Role::Clerk, None).await.unwrap();
    let other = county.office.add_api_key("交警平台", Role::Source, Some("交警")).await.unwrap();
    let mut numbers = Vec::new();
    for (n, source_id) in ["A-1", "A-2", "A-3"].into_iter().enumerate() {
        let mut fields = request(&key, source_id);
        if n == 2 {
            fields.push(("attribute[confidential]", "true"));
        }
        let filed = county.open311_post("/v2/requests.json", &fields).await.json();
        numbers.push(filed[0]["service_request_id"].as_str().unwrap().to_owned());
        county.pass(3_600).await;
    }
    let found = async |query: &str| -> Vec<String> {
        let said = county.open311(&format!("/v2/requests.json?{query}")).await;
        assert_eq!(said.status, 200, "{query}: {}", said.text);
        let all = said.json();
        all.as_array()
            .unwrap()
            .iter()
            .map(|one| one["service_request_id"].as_str().unwrap().to_owned())
            .collect()
    };
    let own = |query: &str| format!("api_key={key}&{query}");
    let newest: Vec<String> = numbers.iter().rev().cloned().collect();
    assert_eq!(found(&own("")).await, newest);
    assert_eq!(found(&own("service_code=0409,0301&status=open")).await, newest);
    assert_eq!(found(&own("service_code=0301")).await.len(), 0);
    assert_eq!(found(&own("status=closed")).await.len(), 0);
    assert_eq!(found(&own("start_date=2026-11-23T03:00:00Z")).await, newest[..2]);
    assert_eq!(found(&own("end_date=2026-11-23T10:59:00%2B08:00")).await, numbers[..1]);
    assert_eq!(found(&own("page=2&page_size=2")).await, numbers[..1]);
    let ids = format!("service_request_id={},{}&status=closed", numbers[0], numbers[1]);
    assert_eq!(found(&own(&ids)).await, numbers[..2], "with ids all else does not count");
    // The platform sees the open ones, another platform none.
    assert_eq!(found(&format!("api_key={clerk}")).await, newest[1..]);
    assert_eq!(found(&format!("api_key={other}")).await.len(), 0);
    let hidden = county.open311(&format!("/v2/requests/{}.json?api_key={clerk}", numbers[2])).await;
    assert_eq!(hidden.status, 404);
}

#[tokio::test]
async fn without_a_key_only_what_the_county_allows_is_shown() {
    let closed = county().open().await;
    let number = closed.report(VILLAGER).await;
    for path in ["requests.json".to_owned(), format!("requests/{number}.json")] {
        let said = closed.open311(&format!("/v2/{path}")).await;
        assert_eq!((said.status, &said.json()[0]["code"]), (403, &json!(403)), "{path}");
    }
    let open = county().settings("[api]\nopen311_public = true\n").open().await;
    open.report(VILLAGER).await;
    let said = open.open311("/v2/requests.json").await;
    let one = &said.json()[0];
    assert_eq!((&one["description"], &one["status_notes"]), (&Value::Null, &json!("已收到")));
    for hidden in ["垃圾堆", "张三", "13800138000"] {
        assert!(!said.text.contains(hidden), "{}", said.text);
    }
    let updates = open.open311("/v2/servicerequestupdates.json").await.json();
    assert_eq!(updates[0]["description"], json!("已收到"));
    let refused = open.open311_post("/v2/requests.json", &request("", "A-1")).await;
    assert_eq!(refused.status, 403, "{}", refused.text);
}

#[tokio::test]
async fn what_is_wrong_is_said_as_the_specification_wants_it() {
    let county = county().open().await;
    let key = county.office.add_api_key("城管平台", Role::Source, Some("数字城管")).await.unwrap();
    let with = |name: &'static str, value: &'static str| {
        let mut fields = request(&key, "A-1");
        fields.retain(|(known, _)| *known != name);
        fields.push((name, value));
        fields
    };
    let far = "字".repeat(4_001);
    let far: &'static str = far.leak();
    for (fields, status, part) in [
        (with("api_key", "bm_wrong"), 403, "no such key"),
        (with("api_key", ""), 403, "api_key is missing"),
        (with("service_code", ""), 400, "service_code is missing"),
        (with("service_code", "9999"), 404, "9999"),
        (with("address_id", "130225109999"), 400, "130225109999"),
        (with("description", far), 400, "over 4000"),
        (with("attribute[source_id]", ""), 400, "来件平台自己的编号"),
        (with("phone", "123"), 400, "位"),
    ] {
        for format in ["json", "xml"] {
            let said = county.open311_post(&format!("/v2/requests.{format}"), &fields).await;
            assert_eq!(said.status, status, "{part}: {}", said.text);
            let (code, description) = match format {
                "json" => {
                    let all = said.json();
                    assert_eq!(all.as_array().unwrap().len(), 1);
                    (all[0]["code"].to_string(), all[0]["description"].as_str().unwrap().to_owned())
                }
                _ => (
                    said.in_xml("errors/error/code").remove(0),
                    said.in_xml("errors/error/description").remove(0),
                ),
            };
            assert_eq!(code, status.to_string());
            assert!(description.contains(part), "{part}: {description}");
        }
    }
    let mut nowhere = request(&key, "A-1");
    nowhere.retain(|(name, _)| !name.starts_with("address"));
    nowhere.extend([("lat", "39.4"), ("long", "118.9")]);
    let said = county.open311_post("/v2/requests.json", &nowhere).await;
    assert_eq!(said.status, 400);
    assert!(said.text.contains("address_id"), "{}", said.text);
    for (path, status) in [
        ("/v2/services/9999.json", 404),
        ("/v2/requests/126000017.json?api_key=KEY", 404),
        ("/v2/requests.json?api_key=KEY&start_date=yesterday", 400),
        ("/v2/requests.json?api_key=KEY&status=gone", 400),
        ("/v2/requests.json?api_key=KEY&page=0", 400),
        ("/v2/tokens/Z-9.json?api_key=KEY", 404),
        ("/v2/requests", 404),
        ("/v2/moon.json", 404),
        ("/moon.json", 404),
    ] {
        let said = county.open311(&path.replace("KEY", &key)).await;
        assert_eq!(said.status, status, "{path}: {}", said.text);
        assert!(said.json()[0]["description"].is_string(), "{path}");
    }
    // An address in words names the village.
    let mut words = request(&key, "A-9");
    words.retain(|(name, _)| !name.starts_with("address"));
    words.push(("address_string", "胡家坨镇大黑坨村小学门口"));
    let filed = county.open311_post("/v2/requests.json", &words).await;
    let number = filed.json()[0]["service_request_id"].as_str().unwrap().to_owned();
    let one = county.open311(&format!("/v2/requests/{number}.json?api_key={key}")).await.json();
    assert_eq!(one[0]["address_id"], json!(VILLAGE), "{one}");
}

/// More happened than one answer holds: who asks again from the last that she got misses nothing.
#[tokio::test]
async fn no_update_is_lost_between_two_answers() {
    let mut county = county().open().await;
    let key = county.office.add_api_key("城管平台", Role::Source, Some("数字城管")).await.unwrap();
    let source = Session {
        name: "城管平台".into(),
        role: Role::Source,
        department: Some("数字城管".into()),
        village: None,
        merchant: None,
        from: String::new(),
        csrf: String::new(),
        owes: Owes::Nothing,
    };
    let mut numbers = Vec::new();
    for n in 0..5 {
        let told = Told {
            text: format!("路灯坏了，这是第{n}处"),
            village: VILLAGE.into(),
            category: "0409".into(),
            source_id: format!("A-{n}"),
            ..Told::default()
        };
        county.clock.advance(2);
        numbers.push(county.office.file_for(&source, &told).await.unwrap().number);
    }
    county.pass(60).await;
    // The one that came first changes last.
    let clerk = county.office.add_api_key("调度程序", Role::Clerk, None).await.unwrap();
    county
        .with_key(&clerk)
        .act(&numbers[0], "dispatch", json!({ "department": "城管" }))
        .await
        .fine();
    let mut seen = BTreeSet::new();
    let mut since = "2026-11-23T00:00:00Z".to_owned();
    for _ in 0..3 {
        let path =
            format!("/v2/servicerequestupdates.json?api_key={key}&page_size=3&start_date={since}");
        let answer = county.open311(&path).await.json();
        let all = answer.as_array().unwrap();
        assert!(all.len() <= 3, "{answer}");
        since = all.last().unwrap()["updated_datetime"].as_str().unwrap().to_owned();
        seen.extend(all.iter().map(|one| one["update_id"].as_str().unwrap().to_owned()));
    }
    for number in &numbers {
        assert!(seen.contains(&format!("{number}-1")), "{number} was never told of");
    }
    assert!(seen.contains(&format!("{}-2", numbers[0])));
}

#[tokio::test]
async fn a_point_alone_is_the_nearest_village_where_the_table_knows_it() {
    let with_points = |tables: &mut bianmin::office::Tables| {
        let text = include_str!("../../county/places.csv");
        let lines = text.lines().map(|line| match line.split(',').next().unwrap() {
            "code" => format!("{line},lat,long"),
            VILLAGE => format!("{line},39.43125,118.90512"),
            "130225109200" => format!("{line},39.51,118.99"),
            _ => format!("{line},,"),
        });
        let text = lines.collect::<Vec<_>>().join("\n");
        let (aliases, others) = ("alias,code\n", "name,aliases,advice\n");
        tables.places = Places::parse(&text, aliases, others).unwrap();
    };
    let county = county().tables(with_points).open().await;
    let key = county.office.add_api_key("城管平台", Role::Source, Some("数字城管")).await.unwrap();
    let clerk = county.office.add_api_key("调度程序", Role::Clerk, None).await.unwrap();
    let at = |id: &'static str, lat: &'static str, long: &'static str| {
        let mut fields = request(&key, id);
        fields.retain(|(name, _)| !name.starts_with("address"));
        fields.extend([("lat", lat), ("long", long)]);
        fields
    };
    let filed = county.open311_post("/v2/requests.json", &at("A-1", "39.4350", "118.9050")).await;
    let filed = &filed.json()[0];
    let notice = filed["service_notice"].as_str().unwrap();
    assert!(notice.contains("按坐标记在胡家坨镇大黑坨村"), "{notice}");
    let number = filed["service_request_id"].as_str().unwrap();
    let get = async |key: &str| {
        let path = format!("/v2/requests/{number}.json?api_key={key}");
        county.open311(&path).await.json()[0].clone()
    };
    let own = get(&key).await;
    assert_eq!(own["address_id"], json!(VILLAGE));
    assert_eq!((&own["lat"], &own["long"]), (&json!(39.435), &json!(118.905)));
    // Where exactly she lives is who she is.
    assert_eq!(get(&clerk).await["lat"], Value::Null);
    for (lat, long, told) in [
        ("39.9", "119.9", "no village near that point"),
        ("39.9", "", "decimal degrees"),
        ("north", "119.9", "decimal degrees"),
    ] {
        let said = county.open311_post("/v2/requests.json", &at("A-2", lat, long)).await;
        assert!(said.status == 400 && said.text.contains(told), "{told}: {}", said.text);
    }
}

#[tokio::test]
async fn what_a_status_of_an_update_asks_for_is_said_to_those_who_decide() {
    let county = county().open().await;
    let key = county.office.add_api_key("城管平台", Role::Source, Some("数字城管")).await.unwrap();
    let clerk = county.clerk().await;
    let filed = county.open311_post("/v2/requests.json", &request(&key, "A-1")).await.json();
    let number = filed[0]["service_request_id"].as_str().unwrap();
    let post = async |id: &str, status: &str, text: &str| {
        let fields = [
            ("api_key", &*key),
            ("service_request_id", number),
            ("update_id", id),
            ("status", status),
            ("description", text),
        ];
        county.open311_post("/v2/servicerequestupdates.json", &fields).await
    };
    assert_eq!(post("U-1", "FIXED", "电工来过了").await.status, 200);
    assert_eq!(post("U-2", "cancelled", "").await.status, 200);
    assert_eq!(post("U-3", "OPEN", "还是不亮").await.status, 200);
    let refused = post("U-4", "GONE", "还是不亮").await;
    assert!(
        refused.status == 400 && refused.text.contains("NO_FURTHER_ACTION"),
        "{}",
        refused.text
    );
    assert_eq!(post("U-5", "OPEN", "").await.status, 400);
    let page = clerk.get(&format!("/desk/cases/{number}")).await;
    for part in ["那边记为已经解决，请核实。电工来过了", "那边要撤回，请核实", "还是不亮"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
}
