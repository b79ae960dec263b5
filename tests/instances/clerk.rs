//! A clerk at her browser, which goes to whatever instance answers: what she is signed in
//! with is in the store.

use std::time::Duration;

const PASSWORD: &str = "长城 长又长 啊";

pub struct Clerk {
    http: reqwest::Client,
    bases: Vec<String>,
    cookie: String,
}

impl Clerk {
    pub fn new(bases: &[String]) -> Self {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(10))
            .build()
            .unwrap();
        Self { http, bases: bases.to_vec(), cookie: String::new() }
    }

    /// Until an instance takes it; a form that was taken before is refused by its revision.
    async fn ask(&mut self, path: &str, form: Option<&[(&str, &str)]>) -> (u16, String) {
        for n in 0..600 {
            let url = format!("{}{path}", self.bases[n % self.bases.len()]);
            let request = match form {
                Some(form) => self.http.post(url).form(form),
                None => self.http.get(url),
            };
            if let Ok(answer) = request.header("cookie", &self.cookie).send().await {
                let status = answer.status().as_u16();
                for line in answer.headers().get_all("set-cookie") {
                    let pair = line.to_str().unwrap().split(';').next().unwrap();
                    if pair.starts_with("desk=") {
                        self.cookie = pair.to_owned();
                    }
                }
                if let Ok(text) = answer.text().await
                    && status < 500
                {
                    return (status, text);
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("no instance answers {path}");
    }

    /// With what the very first instance printed at its start.
    pub async fn sign_in(&mut self, printed: &str) {
        let (_, first) = printed.split_once("平台负责人").expect("it says who comes in");
        let (name, first) = ("平台负责人", first.trim_start_matches('　'));
        let password = first.lines().next().unwrap().rsplit(' ').next().unwrap();
        let form = [("name", name), ("password", password)];
        assert_eq!(self.ask("/desk/sign-in", Some(&form)).await.0, 303);
        let (_, page) = self.ask("/desk/password", None).await;
        let csrf = field(&page, "csrf");
        let form = [
            ("csrf", csrf.as_str()),
            ("old_password", password),
            ("new_password", PASSWORD),
            ("again_password", PASSWORD),
        ];
        assert_eq!(self.ask("/desk/password", Some(&form)).await.0, 303);
    }

    pub async fn dispatch(&mut self, number: &str) {
        let path = format!("/desk/cases/{number}");
        let (status, page) = self.ask(&path, None).await;
        assert_eq!(status, 200, "{number}: {page}");
        let (csrf, revision) = (field(&page, "csrf"), field(&page, "revision"));
        let form =
            [("csrf", csrf.as_str()), ("revision", revision.as_str()), ("department", "城管")];
        self.ask(&format!("{path}/dispatch"), Some(&form)).await;
    }
}

fn field(page: &str, name: &str) -> String {
    let mark = format!("name=\"{name}\" value=\"");
    let (_, rest) = page.split_once(&mark).unwrap_or_else(|| panic!("no {name}: {page}"));
    rest.split('"').next().unwrap().to_owned()
}
