# Signing in
sign-in-title = Sign in
sign-in-lead = Use your passkey: your finger, face or PIN on your own device. There is no password.
sign-in-or = Or with your own passkey
sign-in-passkey = Sign in with a passkey
sign-in-what = What is a passkey?
sign-in-what-text = A passkey is a key that your phone, computer or security key keeps for you. It works only on this site, so nobody can lure it out of you elsewhere. You get your first one from an invitation.
sign-in-personas = Made-up people
sign-in-personas-text = This is a demonstration. Choose whom to be; no password is needed.
sign-in-as = Sign in
sign-in-others = Other made-up people
passkey-failed = Your device did not answer, or you stopped it. Try again.
passkey-needs-script = A passkey needs JavaScript, because your browser must ask your device. Turn JavaScript on for this site, then load this page again.
passkey-no-host = Passkeys need a host name. This installation is reached by a bare number, so none can be made.
invitation-title = Make your passkey
invitation-lead = This invitation is for { $name }.
invitation-text = Your device makes a key and keeps it. From then on you sign in with your finger, face or PIN. The invitation works once.
invitation-make = Make a passkey on this device

# Roles
identity-role-director = Director
identity-role-secretary = Company secretary
identity-role-owner = Owner
identity-role-partner = Partner
identity-role-manager = Manager
identity-role-officer = Officer
identity-role-admin = Administrator

# Mandates
mandates-title = Who may act for your companies
mandates-lead = A mandate says who may act for a company, for what, and until when.
mandates-none = You manage no company's mandates.
mandates-needs = { $needs } must agree
mandates-until = Until { $until }
mandates-unlimited = No end date
mandates-given = Given by a person of the company
mandates-register = From the companies register
mandates-revoke = Take back
mandates-revoked = The mandate was taken back. It no longer counts.

# Problems
problem-passkey-refused = The passkey was not accepted
problem-passkey-refused-next = Try again with a passkey that you made for this site. If it stays, ask who invited you for a new invitation.
problem-passkey-over = This took too long, or was answered before
problem-passkey-over-next = Open the page again and start once more.
problem-passkey-known = This passkey is in use already
problem-passkey-known-next = Sign in with it, or make a new one on another device.
problem-passkey-needed = You need a passkey to agree
problem-passkey-needed-next = Ask who invited you for an invitation, make a passkey, then come back.
problem-passkey-script = A passkey needs JavaScript
problem-passkey-script-next = Turn JavaScript on for this site, go back, load the page again and try once more.
problem-invitation-over = This invitation is no longer good
problem-invitation-over-next = It was used, or is older than a day. Ask who invited you for a new one.
problem-mandate-of-register = This mandate comes from the companies register
problem-mandate-of-register-next = It ends when the register changes. Tell the Companies Registry of the change.
problem-person-exists = This person is registered already
problem-person-exists-next = Look for them by their name or card number.
problem-company-exists = This company is registered already
problem-company-exists-next = Look for it by its business registration number.
problem-client-refused = This client cannot be registered as given
problem-client-refused-next = Correct the fields that are named, then register it again.
problem-client-id-form = A client id is 1 to 64 letters, digits, dots, dashes or underscores
problem-client-id-form-next = Choose another id.
problem-client-redirect-form = A redirect address must be a whole https address, without a fragment, user or wildcard
problem-client-redirect-form-next = Correct the address. Only a loopback address may begin with http.
problem-client-keys-form = The keys must hold one for signatures (use "sig") and one P-256 key for encryption (use "enc"), each with its own kid
problem-client-keys-form-next = Publish public keys alone, as a JWK Set, then register the client again.
problem-client-webhook-form = The webhook must be a public https address
problem-client-webhook-form-next = Give an address that does not lead inside a private network.
problem-client-scopes-form = One of the scopes is not known
problem-client-scopes-form-next = Use scopes that the discovery document lists.
problem-name-unreadable = The name has no letters to make an account of
problem-name-unreadable-next = Give the name as it is written in Latin or Chinese letters.
