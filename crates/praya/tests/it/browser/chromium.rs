//! A headless Chromium, driven by its own driver.

use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;
use thirtyfour::{
    By, ChromiumLikeCapabilities, DesiredCapabilities, RequestData, WebDriver, WebElement,
    common::command::FormatRequestData,
};

pub(super) struct Chromium {
    pub(super) web: WebDriver,
    driver: Child,
    port: u16,
    _profile: TempDir,
}

/// A command of ChromeDriver that the library does not know.
#[derive(Debug)]
struct Send(&'static str, Value);

impl FormatRequestData for Send {
    fn format_request(&self, session: &thirtyfour::SessionId) -> RequestData {
        RequestData::new(http::Method::POST, format!("session/{session}/{}", self.0))
            .add_body(self.1.clone())
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // The driver ends its browsers when asked; killed, it would leave them behind.
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) {
            stream
                .write_all(
                    b"GET /shutdown HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                )
                .ok();
            stream.read_to_end(&mut Vec::new()).ok();
        }
        self.driver.kill().ok();
        self.driver.wait().ok();
    }
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout == b"0\n")
}

impl Chromium {
    /// A fresh browser; none where the tests run without one.
    pub(super) async fn start(script: bool) -> Option<Self> {
        if std::env::var_os("PRAYA_TEST_BROWSER").is_none() {
            println!("skipped: needs PRAYA_TEST_BROWSER");
            return None;
        }
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let said = lines
            .map_while(Result::ok)
            .find(|line| line.contains("started successfully on port"))
            .unwrap();
        let port = said.trim_end_matches('.').rsplit(' ').next().unwrap().parse().unwrap();
        let profile = TempDir::new().unwrap();
        let mut wanted = DesiredCapabilities::chrome();
        for arg in [
            "--headless=new",
            "--disable-gpu",
            "--disable-background-networking",
            "--no-first-run",
            "--disable-component-update",
            "--disable-sync",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--force-device-scale-factor=1",
            "--lang=en-GB",
        ] {
            wanted.add_arg(arg).unwrap();
        }
        if is_root() {
            wanted.set_no_sandbox().unwrap();
        }
        wanted.add_arg(&format!("--user-data-dir={}", profile.path().display())).unwrap();
        if !script {
            wanted
                .add_experimental_option(
                    "prefs",
                    json!({"profile.managed_default_content_settings.javascript": 2}),
                )
                .unwrap();
        }
        let web = WebDriver::new(format!("http://127.0.0.1:{port}"), wanted).await.unwrap();
        let browser = Self { web, driver, port, _profile: profile };
        browser.width(DESK).await;
        Some(browser)
    }

    /// Speaks to the browser in its own protocol.
    pub(super) async fn devtools(&self, command: &str, params: Value) -> Value {
        let answer = self
            .web
            .cmd(Send("goog/cdp/execute", json!({"cmd": command, "params": params})))
            .await
            .unwrap();
        answer.value().unwrap()
    }

    /// Sets the width of the page, also narrower than a window can be.
    pub(super) async fn width(&self, width: u32) {
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < DESK}),
        )
        .await;
    }

    /// Whether pages that are opened from now on run their scripts.
    pub(super) async fn scripts(&self, run: bool) {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({"value": !run})).await;
    }

    /// A security key, `internal` or by `usb`, that says yes by itself (WebDriver's virtual authenticator, WebAuthn §11).
    /// Gives its id.
    pub(super) async fn add_authenticator(&self, transport: &str) -> String {
        let device = json!({"protocol": "ctap2", "transport": transport, "hasResidentKey": true, "hasUserVerification": true, "isUserConsenting": true, "isUserVerified": true});
        let answer = self.web.cmd(Send("webauthn/authenticator", device)).await.unwrap();
        answer.value::<String>().unwrap()
    }

    pub(super) async fn open(&self, url: &str) {
        self.web.goto(url).await.unwrap();
    }

    pub(super) async fn url(&self) -> String {
        self.web.current_url().await.unwrap().into()
    }

    /// Waits until an element stands on the page.
    pub(super) async fn find(&self, css: &str) -> WebElement {
        let began = Instant::now();
        loop {
            if let Ok(element) = self.web.find(By::Css(css)).await {
                return element;
            }
            if began.elapsed() > Duration::from_secs(30) {
                self.shot("failed").await;
                panic!("no {css} on {}: {}", self.url().await, self.text("body").await);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(super) async fn all(&self, css: &str) -> Vec<WebElement> {
        self.web.find_all(By::Css(css)).await.unwrap()
    }

    pub(super) async fn has(&self, css: &str) -> bool {
        !self.all(css).await.is_empty()
    }

    pub(super) async fn click(&self, css: &str) {
        let element = self.find(css).await;
        element.scroll_into_view().await.ok();
        element.click().await.unwrap();
    }

    pub(super) async fn write(&self, css: &str, text: &str) {
        self.find(css).await.send_keys(text).await.unwrap();
    }

    pub(super) async fn text(&self, css: &str) -> String {
        match self.web.find(By::Css(css)).await {
            Ok(element) => element.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    pub(super) async fn attr(&self, css: &str, name: &str) -> String {
        self.find(css).await.attr(name).await.unwrap().unwrap_or_default()
    }

    /// Runs a script in the page and gives what it returns.
    pub(super) async fn run(&self, script: &str) -> Value {
        self.web.execute(script, Vec::new()).await.unwrap().json().clone()
    }

    /// Runs a script that calls its last argument back.
    pub(super) async fn run_async(&self, script: &str) -> Value {
        self.web.execute_async(script, Vec::new()).await.unwrap().json().clone()
    }

    /// The whole page as a picture into the folder of `PRAYA_SHOTS`, where one is named.
    pub(super) async fn shot(&self, name: &str) {
        let Some(folder) = std::env::var_os("PRAYA_SHOTS").map(PathBuf::from) else { return };
        std::fs::create_dir_all(&folder).unwrap();
        let shot = self
            .devtools(
                "Page.captureScreenshot",
                json!({"format": "png", "captureBeyondViewport": true}),
            )
            .await;
        let bytes = wire::b64::from_standard(shot["data"].as_str().unwrap()).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), bytes).unwrap();
    }

    pub(super) async fn quit(self) {
        self.web.clone().quit().await.ok();
    }
}

/// A desk's width, in CSS pixels.
pub(super) const DESK: u32 = 1280;
/// The narrowest that must work without scrolling sideways (WCAG 2.2, 1.4.10).
pub(super) const PHONE: u32 = 320;
