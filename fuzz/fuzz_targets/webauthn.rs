#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    identity::passkeys::fuzz::webauthn(bytes);
});
