//! Photos and papers that go with a department's answer.

use super::case::Case;
use super::decide::{NAME_CHARS_MAX, written};
use super::event::{Change, Enclosed};
use super::refusal::Refusal;

const FILES_MAX: usize = 6;

pub(super) fn attach(case: &Case, file: Enclosed) -> Result<Change, Refusal> {
    written("附件是什么", &file.name, NAME_CHARS_MAX)?;
    let count = case.course.files.len() + 1;
    if count > FILES_MAX {
        return Err(Refusal::TooMany { what: "附件", count, max: FILES_MAX });
    }
    Ok(Change::Attached { file })
}

/// `n`: its place among them, from 1.
pub(super) fn detach(case: &Case, n: u8) -> Result<Change, Refusal> {
    match usize::from(n).checked_sub(1).and_then(|at| case.course.files.get(at)) {
        Some(_) => Ok(Change::Detached { n }),
        None => Err(Refusal::NoFile(n)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Desk, clerk, dispatch, intake, rate, reply, villager};
    use super::*;
    use crate::desk::{Actor, Command, Grade};

    fn lead() -> Actor {
        let department = Some("城管".to_owned());
        Actor::Staff {
            name: "经办人".into(),
            role: "department".into(),
            department,
            at_machine: false,
        }
    }

    fn attach(name: &str) -> Command {
        Command::Attach { file: Enclosed { id: format!("desk-{name}"), name: name.into() } }
    }

    fn dispatched() -> Desk {
        let mut desk = Desk::filed("2026-11-23 10:00", intake());
        desk.give("2026-11-23 10:20", &clerk(), dispatch("城管")).unwrap();
        desk
    }

    fn names(files: &[Enclosed]) -> Vec<&str> {
        files.iter().map(|file| file.name.as_str()).collect()
    }

    #[test]
    fn what_was_attached_goes_with_the_answer_of_its_round() {
        let mut desk = dispatched();
        let done = desk.give("2026-11-23 11:00", &lead(), attach("修好的样子"));
        assert_eq!(done, Ok(vec!["accepted", "attached"]), "who works on it has accepted it");
        desk.give("2026-11-23 11:01", &lead(), attach("拿错的一张")).unwrap();
        desk.give("2026-11-23 11:02", &lead(), attach("维修单")).unwrap();
        desk.give("2026-11-23 11:03", &lead(), Command::Detach { n: 2 }).unwrap();
        assert!(desk.the_case().reply.is_none());
        desk.give("2026-11-24 09:00", &lead(), reply()).unwrap();
        let answer = desk.the_case().reply.unwrap();
        assert_eq!(names(&answer.files), ["修好的样子", "维修单"]);
        desk.give("2026-11-24 10:00", &villager(), rate(Grade::Dissatisfied)).unwrap();
        let again = desk.the_case();
        assert!(again.course.files.is_empty(), "a new round begins without");
        assert_eq!(names(&again.earlier[0].reply.as_ref().unwrap().files).len(), 2);
    }

    #[test]
    fn another_department_begins_without_and_nobody_else_attaches() {
        let mut desk = dispatched();
        desk.refused(&villager(), attach("一张"), "不能由您来做");
        desk.give("2026-11-23 11:00", &lead(), attach("现场")).unwrap();
        desk.give("2026-11-23 11:10", &clerk(), dispatch("住建")).unwrap();
        assert!(desk.the_case().course.files.is_empty());
    }

    #[test]
    fn there_is_a_limit_and_each_has_a_name() {
        let mut desk = dispatched();
        desk.refused(&lead(), attach(" "), "附件是什么");
        for n in 0..FILES_MAX {
            desk.give("2026-11-23 11:00", &lead(), attach(&format!("第{n}张"))).unwrap();
        }
        desk.refused(&lead(), attach("又一张"), "附件太多");
        desk.refused(&lead(), Command::Detach { n: 0 }, "没有第0个附件");
        desk.refused(&lead(), Command::Detach { n: 7 }, "没有第7个附件");
    }
}
