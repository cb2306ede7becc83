//! Errors for the log and for people: an error and its causes in one line, without what kube
//! repeats and without what it quotes of a credential.
use std::error::Error;
use std::fmt;

use kube::client::AuthError;

/// An error, followed by each of its causes that it does not tell itself.
pub struct Causes<'a>(pub &'a (dyn Error + 'static));

impl fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plugin = plugin(self.0);
        let mut said = String::new();
        let mut next = Some(self.0);
        while let Some(error) = next {
            let mut text = one(error);
            if let Some(plugin) = &plugin {
                text = text.replace(&plugin.quoting, &plugin.told);
            }
            // Many errors of kube tell their cause themselves.
            if !said.contains(&text) {
                let between = if said.is_empty() { "" } else { ": " };
                said.push_str(between);
                said.push_str(&text);
            }
            // Behind these stand only the parts of what they say, in other words.
            let is_answer = matches!(error.downcast_ref(), Some(kube::Error::Api(_)));
            if is_answer || (plugin.is_some() && error.is::<AuthError>()) {
                break;
            }
            next = error.source();
        }
        f.write_str(&said)
    }
}

/// kube prints an answer of the API server with all its fields.
fn one(error: &(dyn Error + 'static)) -> String {
    match error.downcast_ref() {
        Some(kube::Error::Api(status)) => {
            format!("{} ({} {})", status.message, status.code, status.reason)
        }
        _ => error.to_string(),
    }
}

/// A failure of a kubeconfig's credential plug-in.
struct Plugin {
    /// kube's words, with the plug-in's environment and output.
    quoting: String,
    told: String,
}

fn plugin(error: &(dyn Error + 'static)) -> Option<Plugin> {
    let mut next = Some(error);
    while let Some(error) = next {
        let told = match error.downcast_ref() {
            Some(AuthError::AuthExecParse(_)) => {
                "the output of the kubeconfig's credential plug-in is not what it should be; run its command by hand to see it".to_owned()
            }
            Some(AuthError::AuthExecRun { out, .. }) => format!(
                "the kubeconfig's credential plug-in failed ({}); run its command by hand to see why",
                out.status
            ),
            _ => {
                next = error.source();
                continue;
            }
        };
        return Some(Plugin { quoting: error.to_string(), told });
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use kube::config::{ExecConfig, Kubeconfig};

    /// The error of a client whose credential plug-in prints this and ends so.
    fn of_plugin(output: &str, status: u8) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("output");
        std::fs::write(&path, output).unwrap();
        let plugin: ExecConfig = serde_json::from_value(serde_json::json!({
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": "sh",
            "args": ["-c", format!("cat {path:?}; exit {status}")],
            "env": [{"name": "KEY", "value": "c4n4ry"}],
        }))
        .unwrap();
        let mut config = kube::Config::new("http://127.0.0.1:1".parse().unwrap());
        config.auth_info.exec = Some(plugin);
        let error = kube::Client::try_from(config).err().unwrap();
        assert!(error.to_string().contains("c4n4ry"), "kube itself quotes: {error}");
        Causes(&error).to_string()
    }

    #[tokio::test]
    async fn nothing_of_a_credential_plug_in_is_quoted() {
        _ = rustls::crypto::ring::default_provider().install_default();
        for (output, status, words) in [
            ("{status: {token: c4n4ry", 0, "is not what it should be"),
            ("status: {token: [c4n4ry]}", 0, "is not what it should be"),
            ("token: c4n4ry", 3, "exit status: 3"),
        ] {
            let told = of_plugin(output, status);
            assert!(told.contains(words) && !told.contains("c4n4ry"), "{output}: {told}");
        }
    }

    #[test]
    fn a_cause_that_an_error_tells_itself_is_not_repeated() {
        let kubeconfig = Kubeconfig::from_yaml(
            "current-context: a\nclusters: [{name: a, cluster: {server: 'https://a', certificate-authority-data: '!'}}]\n\
             contexts: [{name: a, context: {cluster: a}}]\n",
        );
        let error = kube::Config::try_from(kubeconfig.unwrap()).err().unwrap();
        let told = Causes(&error).to_string();
        assert_eq!(told.matches("Invalid").count(), 1, "{told}");
    }
}
