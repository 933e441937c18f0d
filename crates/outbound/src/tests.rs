use super::{PublicOnly, check_url, is_public};
use reqwest::dns::Resolve;

#[tokio::test]
async fn a_name_that_leads_inside_is_refused_when_it_is_resolved() {
    let found = PublicOnly.resolve("localhost".parse().unwrap()).await;
    let why = found.err().map(|error| error.to_string());
    assert_eq!(why.as_deref(), Some("an address that points inside"));
}

#[test]
fn an_address_inside_is_refused_however_it_is_written() {
    for url in [
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:a00:1]/",
        "https://169.254.169.254/latest",
        "https://10.0.0.1/",
        "https://172.16.0.1/",
        "https://192.168.1.1/",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://[fe80::1]/",
        "https://[fc00::1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://localhost/",
        "https://a.localhost/",
        "https://metadata.internal/",
        "http://example.com/",
        "ftp://example.com/",
        "https://user:pass@example.com/",
        "file:///etc/passwd",
        "https://224.0.0.1/",
        "https://255.255.255.255/",
        "https://[2001:2::1]/",
        "https://[3fff::1]/",
        "https://[::7f00:1]/",
    ] {
        let url = url.parse().unwrap();
        assert!(check_url(&url, false).is_err(), "{url}");
    }
}

#[test]
fn a_public_address_is_called() {
    for url in
        ["https://example.com/hook", "https://93.184.216.34/", "https://[2606:2800:220:1::1]/"]
    {
        assert!(check_url(&url.parse().unwrap(), false).is_ok(), "{url}");
    }
    assert!(is_public("8.8.8.8".parse().unwrap()));
}
