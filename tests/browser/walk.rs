//! A walk: what somebody does in a day at the desk, one short line for each thing.
//!
//! ```text
//! as 王芳 department 城管   she has an account with that role, and signs in
//! open /desk/cases/{late}   by address; {late} is a case of the scene
//! follow 台账               a link
//! in reply                  from here on within this form: an id, or the beginning of its heading
//! fill 答复 = 已经清走       a field by its label; a choice by what it shows; a tick by `yes`
//! press 答复                a button, with the mouse
//! key 签收                  the same with the keyboard only: Tab until it has the focus, then Enter
//! tap 发                    a button to which a script sees: the page stays
//! see 已答复                it stands on the page
//! never 13800138000         it does not
//! shot 答复                 a picture, kept in target/screenshots
//! note 编号                 keeps the first number like 126-041-273 on the page as {编号}
//! scripts off               no script runs any more in this browser
//! out                       signs out
//! ```

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use fantoccini::Locator;
use fantoccini::elements::Element;
use serde_json::json;

use super::browser::{Browser, MOMENT, PATIENCE, PHONE};
use super::county::{Clerk, County, PASSWORD};
use super::inspect;
use bianmin::office::Role;

/// A page has fewer places to stop at with Tab.
const TABS_MAX: usize = 200;

pub struct Walk<'w> {
    pub county: &'w County,
    pub browser: &'w Browser,
    /// `role` of `role.txt`.
    pub name: &'w str,
    pub names: BTreeMap<String, String>,
    staff: BTreeMap<String, Clerk<'w>>,
    who: String,
    /// The XPath of what `in` chose.
    within: String,
    scripts: bool,
    shots: usize,
    /// Pages that were checked, by address and what they are called.
    checked: Vec<String>,
}

type Done = Result<(), String>;

impl<'w> Walk<'w> {
    pub fn new(
        county: &'w County,
        browser: &'w Browser,
        name: &'w str,
        names: BTreeMap<String, String>,
    ) -> Self {
        let (staff, who, within) = (BTreeMap::new(), String::new(), String::new());
        Self {
            county,
            browser,
            name,
            names,
            staff,
            who,
            within,
            scripts: true,
            shots: 0,
            checked: Vec::new(),
        }
    }

    /// Who signed in last, for what needs no browser.
    pub fn signed_in(&self) -> Option<&Clerk<'w>> {
        self.staff.get(&self.who)
    }

    pub async fn go(&mut self, text: &str) -> Done {
        for (n, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let line = self.filled(line);
            if let Err(problem) = self.step(&line).await {
                let file = self.shot_file("failed");
                let _ = self.browser.picture(&file).await;
                let place =
                    format!("{}.txt:{} at {} px: {line}", self.name, n + 1, self.browser.width);
                return Err(format!("{place}\n  {problem}\n  {}", file.display()));
            }
        }
        Ok(())
    }

    /// With the numbers of the scene in the places of their names.
    fn filled(&self, line: &str) -> String {
        self.names.iter().fold(line.to_owned(), |line, (name, number)| {
            line.replace(&format!("{{{name}}}"), number)
        })
    }

    async fn step(&mut self, line: &str) -> Done {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim();
        match word {
            "as" => self.sign_in(rest).await,
            "out" => self.sign_out().await,
            "open" => {
                let url = format!("{}{rest}", self.county.base);
                self.browser.page.goto(&url).await.map_err(told)?;
                self.arrive().await
            }
            "follow" => {
                let link = format!("//a[contains(normalize-space(.),{})]", quoted(rest));
                self.click(&link).await
            }
            "press" => self.click(&self.button(rest)).await,
            "tap" => self.find(&self.button(rest)).await?.click().await.map_err(told),
            "key" => self.press_by_keyboard(rest).await,
            "in" => self.choose_part(rest).await,
            "fill" => {
                let (label, value) = rest.split_once(" = ").ok_or("fill LABEL = VALUE")?;
                self.fill(label, value).await
            }
            "see" => self.see(rest, true).await,
            "never" => self.see(rest, false).await,
            "shot" => {
                self.shots += 1;
                let file = self.shot_file(&format!("{:02}-{rest}", self.shots));
                self.browser.picture(&file).await
            }
            "note" => {
                let number = super::county::number_in(&self.text().await?);
                self.names.insert(rest.to_owned(), number);
                Ok(())
            }
            "scripts" => {
                self.scripts = false;
                self.browser.switch_scripts_off().await
            }
            _ => Err(format!("no such thing to do: {word}")),
        }
    }

    fn shot_file(&self, name: &str) -> PathBuf {
        let folder = inspect::target().join("screenshots").join(self.browser.width.to_string());
        std::fs::create_dir_all(&folder).unwrap();
        folder.join(format!("{}-{name}.png", self.name))
    }

    /// `NAME ROLE [OF]`; the second time the account is there already.
    async fn sign_in(&mut self, who: &str) -> Done {
        let mut parts = who.split_whitespace();
        let (name, role) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        if !self.staff.contains_key(name) {
            let role = Role::from_word(role).ok_or(format!("no role {role}"))?;
            let clerk = self.county.staff(name, role, parts.next()).await;
            self.staff.insert(name.to_owned(), clerk);
        }
        self.who = name.to_owned();
        // A number of the second step counts once.
        self.county.clock.advance(60);
        let door = format!("{}/desk/sign-in", self.county.base);
        self.browser.page.goto(&door).await.map_err(told)?;
        self.arrive().await?;
        self.fill("名字", name).await?;
        self.fill("密码", PASSWORD).await?;
        self.click(&self.button("登录")).await?;
        if self.address().await?.ends_with("/desk/code") {
            let code = self.staff[name].number();
            self.find("//input[@id='code']").await?.send_keys(&code).await.map_err(told)?;
            self.click("//main//form//button").await?;
        }
        self.see(name, true).await
    }

    async fn sign_out(&mut self) -> Done {
        self.within.clear();
        self.click(&self.button("退出")).await?;
        self.see("登录", true).await?;
        self.browser.page.goto(&format!("{}/desk", self.county.base)).await.map_err(told)?;
        match self.address().await?.ends_with("/desk/sign-in") {
            true => Ok(()),
            false => Err("the desk is still open".into()),
        }
    }

    async fn address(&self) -> Result<String, String> {
        Ok(self.browser.page.current_url().await.map_err(told)?.path().to_owned())
    }

    /// On another page: it is checked, each sort of page once a walk.
    async fn arrive(&mut self) -> Done {
        self.within.clear();
        let address = self.address().await?;
        let title = self.browser.page.title().await.map_err(told)?;
        let sort = format!("{address} {title}");
        if self.checked.contains(&sort) {
            return Ok(());
        }
        self.checked.push(sort);
        match self.scripts {
            true => inspect::page(self.browser, &address).await,
            false => inspect::page_without_scripts(self.browser, &address).await,
        }
    }

    async fn choose_part(&mut self, part: &str) -> Done {
        let name = quoted(part);
        self.within = format!(
            "(//*[@id={name} or ((self::section or self::article or self::form) and \
             (h2|h3|form/h2)[starts-with(normalize-space(.),{name})])])[1]"
        );
        self.find(&self.within).await.map(drop)
    }

    fn button(&self, text: &str) -> String {
        format!("{}//button[normalize-space(.)={}]", self.within, quoted(text))
    }

    async fn find(&self, path: &str) -> Result<Element, String> {
        let found = self.browser.page.find(Locator::XPath(path)).await;
        match found {
            Ok(element) => Ok(element),
            Err(_) => Err(format!("not on {}: {path}", self.address().await?)),
        }
    }

    async fn click(&mut self, path: &str) -> Done {
        let wanted = self.find(path).await?;
        self.mark().await?;
        match self.scripts || self.browser.width != PHONE {
            true => wanted.click().await.map_err(told)?,
            false => self.touch(&wanted).await?,
        }
        self.leave().await
    }

    /// The driver's own touch waits for a timer of the page, which does not run without scripts.
    async fn touch(&self, wanted: &Element) -> Done {
        let place = "arguments[0].scrollIntoView({ block: 'center' }); \
                     const box = arguments[0].getBoundingClientRect(); \
                     return { x: box.x + box.width / 2, y: box.y + box.height / 2 }";
        let element = serde_json::to_value(wanted).map_err(|error| error.to_string())?;
        let place = self.browser.page.execute(place, vec![element]).await.map_err(told)?;
        for (kind, points) in [("touchStart", json!([place])), ("touchEnd", json!([]))] {
            let how = json!({ "type": kind, "touchPoints": points });
            self.browser.devtools("Input.dispatchTouchEvent", how).await?;
        }
        Ok(())
    }

    /// Comes to the button as somebody does who has no mouse, and sees where she is.
    async fn press_by_keyboard(&mut self, text: &str) -> Done {
        let path = self.button(text);
        let wanted = self.find(&path).await?;
        self.browser
            .page
            .execute("document.activeElement.blur()", Vec::new())
            .await
            .map_err(told)?;
        for _ in 0..TABS_MAX {
            self.type_key("Tab", 9, "").await?;
            let seen = "const at = document.activeElement; const style = getComputedStyle(at); \
                        return [at === arguments[0], style.outlineStyle !== 'none']";
            let element = serde_json::to_value(&wanted).map_err(|error| error.to_string())?;
            let found = self.browser.page.execute(seen, vec![element]).await.map_err(told)?;
            if found[0] == true {
                if found[1] != true {
                    return Err(format!("{text} has the focus, and nothing shows it"));
                }
                self.mark().await?;
                self.type_key("Enter", 13, "\r").await?;
                return self.leave().await;
            }
        }
        Err(format!("{text} is not reached by Tab"))
    }

    /// It is still the page that was marked.
    pub async fn stayed(&self) -> Done {
        self.browser.until("window.before === true").await
    }

    /// So that the next page can be told from this one.
    pub async fn mark(&self) -> Done {
        let run = self.browser.page.execute("window.before = true", Vec::new()).await;
        run.map(drop).map_err(told)
    }

    /// Until another page stands there.
    async fn leave(&mut self) -> Done {
        self.browser.until("!window.before && document.readyState === 'complete'").await?;
        self.arrive().await
    }

    pub async fn type_key(&self, key: &str, code: u32, text: &str) -> Done {
        for kind in ["keyDown", "keyUp"] {
            let how = json!({
                "type": kind, "key": key, "code": key, "text": if kind == "keyDown" { text } else { "" },
                "windowsVirtualKeyCode": code, "nativeVirtualKeyCode": code,
            });
            self.browser.devtools("Input.dispatchKeyEvent", how).await?;
        }
        Ok(())
    }

    /// Of which the label begins with that, or is that and not shown.
    async fn field(&self, label: &str) -> Result<Element, String> {
        let (within, label) = (&self.within, quoted(label));
        let shown = format!("{within}//label[starts-with(normalize-space(.),{label})]");
        let id = match self.browser.page.find(Locator::XPath(&shown)).await {
            Ok(shown) => shown.attr("for").await.map_err(told)?.unwrap_or_default(),
            Err(_) => return self.find(&format!("{within}//*[@aria-label={label}]")).await,
        };
        self.find(&format!("{within}//*[@id={}]", quoted(&id))).await
    }

    async fn fill(&mut self, label: &str, value: &str) -> Done {
        let field = self.field(label).await?;
        let kind = field.attr("type").await.map_err(told)?.unwrap_or_default();
        match (field.tag_name().await.map_err(told)?.as_str(), kind.as_str()) {
            ("select", _) => field.select_by_label(value).await.map_err(told),
            ("input", "checkbox") => field.click().await.map_err(told),
            ("input", "date" | "datetime-local" | "month" | "number") => {
                // Typed as a machine writes it, whatever the browser's own picker looks like.
                let set = "arguments[0].value = arguments[1]";
                let element = serde_json::to_value(&field).map_err(|error| error.to_string())?;
                let done = self.browser.page.execute(set, vec![element, json!(value)]).await;
                done.map(drop).map_err(told)
            }
            _ => {
                field.clear().await.map_err(told)?;
                field.send_keys(value).await.map_err(told)
            }
        }
    }

    /// Of the page that is open, or opens just now.
    async fn text(&self) -> Result<String, String> {
        let body = self.browser.page.wait().for_element(Locator::Css("body")).await;
        body.map_err(told)?.text().await.map_err(told)
    }

    /// What a script brings takes its time; what must not be there is looked for once.
    async fn see(&self, text: &str, is_there: bool) -> Done {
        let last = Instant::now() + PATIENCE;
        loop {
            let page = self.text().await;
            let stands = page.as_ref().is_ok_and(|page| page.contains(text));
            match (page, is_there) {
                (Ok(_), true) if stands => return Ok(()),
                (Ok(_), false) if !stands => return Ok(()),
                (Ok(_), false) => return Err(format!("it stands on {}", self.address().await?)),
                (page, _) if Instant::now() > last => {
                    return Err(format!("not on {}:\n{}", self.address().await?, page?));
                }
                _ => tokio::time::sleep(MOMENT).await,
            }
        }
    }
}

fn told(error: fantoccini::error::CmdError) -> String {
    error.to_string()
}

/// For XPath: walks have no double quotes.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', ""))
}
