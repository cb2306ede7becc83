//! A small client of the imitated APIs, and a simulator to point it at.
use isc_simulator::{
    Control, Credential, DEFAULT_TENANT, Dialect, Options, Simulator, Switches, UserSpec,
};
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};

/// Current path of the token API.
pub const PATS: &str = "/personal-access-tokens/v1";
/// A scope list for tokens under test.
pub const SCOPES: [&str; 2] = ["sp:scopes:default", "idn:accounts:read"];

/// A simulator with one administrator, and that user's access token.
pub struct Isc {
    pub simulator: Simulator,
    pub http: Client,
    pub base: String,
    pub bearer: String,
}

/// A client that follows no redirect; plain HTTP and HTTPS.
pub fn http() -> reqwest::ClientBuilder {
    // A second installation is refused, and the first one is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().redirect(reqwest::redirect::Policy::none())
}

impl Isc {
    pub async fn start() -> Self {
        Self::with(Options::default()).await
    }

    pub async fn with(options: Options) -> Self {
        let simulator = Simulator::start(options).expect("a simulator");
        let base = simulator.url();
        let http = http().build().expect("a client");
        let mut isc = Self { simulator, http, base, bearer: String::new() };
        let seed = isc.seed();
        isc.bearer = isc.access_token(&seed).await;
        isc
    }

    pub fn control(&self) -> &Control {
        self.simulator.control()
    }

    /// Identity id of the administrator.
    pub fn admin(&self) -> String {
        self.simulator.tenants()[0].users[0].id.clone()
    }

    pub fn seed(&self) -> Credential {
        self.simulator.seed(DEFAULT_TENANT).expect("a seed").clone()
    }

    pub fn switch(&self, edit: impl Fn(&mut Switches)) {
        self.control().edit_switches(None, edit).expect("switches");
    }

    /// A further user of the default tenant, and the credential of its seed token.
    pub fn user(&self, levels: &[&str], scopes: &[&str]) -> Credential {
        let spec = UserSpec::named("other").with_levels(levels).with_seed_scopes(scopes);
        self.control().add_user(DEFAULT_TENANT, &spec).expect("a user").seeds.remove(0)
    }

    pub async fn sign_in(&self, credential: &Credential) -> Response {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &credential.client_id),
            ("client_secret", &credential.client_secret),
        ];
        self.http
            .post(format!("{}/oauth/token", self.base))
            .form(&form)
            .send()
            .await
            .expect("a reply")
    }

    pub async fn access_token(&self, credential: &Credential) -> String {
        let reply: Value = self.sign_in(credential).await.json().await.expect("JSON");
        reply["access_token"].as_str().expect("an access token").to_owned()
    }

    /// The reply of the token endpoint to a credential that is accepted.
    pub async fn granted(&self, credential: &Credential) -> Value {
        let reply = self.sign_in(credential).await;
        assert_eq!(reply.status(), 200);
        reply.json().await.expect("JSON")
    }

    pub fn dialect(&self, edit: impl Fn(&mut Dialect)) {
        self.switch(|switches| edit(&mut switches.dialect));
    }

    /// Any request with the administrator's access token.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.bearer)
    }

    /// Status and JSON body (null where there is none).
    pub async fn send(&self, request: reqwest::RequestBuilder) -> (StatusCode, Value) {
        let response = request.send().await.expect("a reply");
        let status = response.status();
        (status, response.json().await.unwrap_or(Value::Null))
    }

    pub async fn post(&self, body: &Value) -> (StatusCode, Value) {
        self.send(self.request(Method::POST, PATS).json(body)).await
    }

    /// A token for a day, as the operator would make it.
    pub async fn create(&self, name: &str) -> Value {
        let (status, body) = self.post(&self.body(name)).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    /// The body of a POST that succeeds.
    pub fn body(&self, name: &str) -> Value {
        let date = self.control().now() + jiff::SignedDuration::from_hours(24);
        json!({"name": name, "scope": SCOPES, "expirationDate": date.to_string()})
    }

    pub async fn patch(&self, id: &str, changes: Value) -> (StatusCode, Value) {
        let request =
            self.request(Method::PATCH, &format!("{PATS}/{id}")).body(changes.to_string());
        self.send(request.header("content-type", "application/json-patch+json")).await
    }

    pub async fn delete(&self, id: &str) -> StatusCode {
        self.send(self.request(Method::DELETE, &format!("{PATS}/{id}"))).await.0
    }

    pub async fn list(&self) -> Vec<Value> {
        let (status, body) =
            self.send(self.request(Method::GET, &format!("{PATS}?owner-id=me"))).await;
        assert_eq!(status, 200, "{body}");
        body.as_array().expect("an array").clone()
    }

    /// Names in LIST, the seed left out.
    pub async fn names(&self) -> Vec<String> {
        let names = self
            .list()
            .await
            .into_iter()
            .map(|token| token["name"].as_str().unwrap_or_default().to_owned());
        names.filter(|name| name != "seed").collect()
    }
}

/// The credential in the reply to a POST.
pub fn credential(created: &Value) -> Credential {
    let text = |field: &str| created[field].as_str().expect("a string").to_owned();
    Credential { client_id: text("id"), client_secret: text("secret") }
}

/// What an access token says to anyone who looks into it.
pub fn claims(access_token: &str) -> Value {
    use base64::Engine;
    let payload = access_token.split('.').nth(1).expect("three parts");
    let bytes =
        base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).expect("base64url");
    serde_json::from_slice(&bytes).expect("claims")
}

/// Seconds and minutes, for moving the clock.
pub fn minutes(count: i64) -> jiff::SignedDuration {
    jiff::SignedDuration::from_mins(count)
}
