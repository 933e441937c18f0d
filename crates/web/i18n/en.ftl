# The shell
shell-skip = Skip to main content
shell-demo = Demonstration. All people and records are made up.
shell-demo-label = Demonstration
shell-language = Language
shell-menu = Menu
shell-home = Home
shell-my-data = My data
shell-profile = Profile
shell-mandates = Mandates
shell-messages = { $unread ->
    [0] Messages
   *[other] Messages ({ $unread })
}
shell-security = sign-in and security
shell-admin = Administration
shell-sign-in = Sign in
shell-sign-out = Sign out
shell-about = What is this?
shell-log = Public log
shell-verify = Check a proof
shell-accessibility = Accessibility
shell-not-official = Praya is free software. This copy is a demonstration, not a website of any government.
shell-runs-on = Runs on Praya, free software that anyone can read and check.

# Components
part-back = Back
part-breadcrumb = Where you are
part-error = Error:
part-warning = Warning
part-important = Important
part-success = Done
part-there-is-a-problem = Please correct this
part-or = or
part-day = Day
part-month = Month
part-year = Year
part-pagination = Pages
part-previous = Previous
part-next = Next
part-of-pages = { " " }page
part-as-table = The same as a table

# Pictures
chart-month = Month
chart-looks = Looks
chart-looks-in = { $looks ->
    [0] { $month }: nobody looked
    [one] { $month }: one look
   *[other] { $month }: { $looks } looks
  }
chart-total = Total
chart-tree-leaf = Your entry
chart-tree-root = What everyone can see: the log's head
chart-tree-given = Given by the proof
chart-tree-computed = Computed from your entry
chart-tree-title = Entry { $index } in a log of { $size } entries
chart-tree-desc = Your entry is joined with { $given } given values, step by step, up to the head that everyone sees. If one byte of it were changed, the head would not come out.
chart-tree-step = Step
chart-tree-side = Joined with a value on the
chart-tree-left = left
chart-tree-right = right
chart-tree-value = Value

# Problems: what happened, and what to do
problem-reference = Reference, if you ask us about it:
problem-home = Go to the home page
problem-refused = This cannot be done
problem-refused-next = Go back and check what you entered. If you think that it should work, tell us the reference below.
problem-internal = Something went wrong on our side
problem-internal-next = Nothing you did caused this. Wait a minute and try again. If it stays, tell us the reference below.
problem-not-found = There is no such page
problem-not-found-next = Check the address, or begin from the home page. What you look for may have moved, or may not be yours to see.
problem-method-not-allowed = This address does not take such a request
problem-method-not-allowed-next = Go back and use the button or link on the page before.
problem-sign-in-required = Sign in to go on
problem-sign-in-required-next = Sign in, then open this page again.
problem-officers-only = This page is for officers
problem-officers-only-next = If you are an officer, sign in with your officer's account. If not, begin from the home page.
problem-administrators-only = This page is for administrators
problem-administrators-only-next = If you administer this installation, sign in with that account. If not, begin from the home page.
problem-form-token = This form is too old
problem-form-token-next = Open the page again and send the form once more. You may have signed in or out in another tab since. Nothing was changed.
problem-form-unreadable = We could not read what was sent
problem-form-unreadable-next = Go back, check the form and send it again. Nothing was changed.
problem-request-unreadable = We could not read the request
problem-request-unreadable-next = Check it against the description of this address in /openapi.json, then send it again.
problem-too-large = What was sent is too large
problem-too-large-next = Send less at a time.
problem-too-many-requests = Too many requests in a short time
problem-too-many-requests-next = Wait a moment, then try again.
problem-state-not-allowed = This cannot be done any more
problem-state-not-allowed-next = It has changed since you opened the page. Open the page again to see how it stands now.
problem-source-unavailable = The office's records do not answer now
problem-source-unavailable-next = Try again in a few minutes. Nothing was shared.
problem-node-chain = This node does not hold these records itself
problem-node-chain-next = Ask the node that holds them.
problem-node-not-allowed = This node may not ask for these records
problem-node-not-allowed-next = Ask whoever runs the holding node to allow the register and the purpose.
problem-question-refused = The node’s question was not accepted
problem-question-refused-next = It must be signed by a registered key of the node, name this issuer, and arrive within a minute.
problem-key-form = Records do not lie under such a number
problem-key-form-next = Write a business registration or identity card number in capitals, without brackets or spaces.
problem-address-not-allowed = This address may not be used
problem-address-not-allowed-next = Give a public https address that does not lead inside a private network.
problem-batch-too-large = Too many subjects in one request
problem-batch-too-large-next = Send fewer at a time.

problem-consent-unknown = There is no such consent
problem-consent-unknown-next = Check the reference. It must be one that was given to you.
problem-consent-not-yours = This consent is not yours
problem-consent-not-yours-next = Sign in as the person who gave it, or choose the company that it is for.
problem-consent-waiting = This consent still waits for an answer
problem-consent-waiting-next = Nothing is shared until everyone who must agree has said yes.
problem-consent-active = This consent is active
problem-consent-active-next = It can be paused or stopped in “My data”.
problem-consent-paused = This consent is paused
problem-consent-paused-next = Nothing is shared until the person who gave it lets it go on.
problem-consent-revoked = This consent was stopped
problem-consent-revoked-next = Nothing more can be fetched under it. To ask again, send a new request.
problem-consent-expired = This consent has ended
problem-consent-expired-next = Nothing more can be fetched under it. To ask again, send a new request.
problem-consent-refused = The answer to this request was no
problem-consent-refused-next = Nothing was shared. Offer another way to give what you need.
problem-consent-too-long = The consent would last too long for this purpose
problem-consent-too-long-next = Ask for a shorter time. The register of purposes says how long.
problem-purpose-unknown = There is no such purpose
problem-purpose-unknown-next = Use the code of a purpose that is published here.
problem-purpose-not-allowed = These records are not for this purpose
problem-purpose-not-allowed-next = Leave out the register, or ask for a purpose that it serves and that you are registered for.
problem-register-unknown = There is no such register
problem-register-unknown-next = Use the code of a register that is published here.
problem-field-not-allowed = This field may not be asked for
problem-field-not-allowed-next = Leave it out. The register's page lists the fields that each purpose may use.
problem-field-not-consented = This field is not in the consent
problem-field-not-consented-next = Ask only for the fields that the person left in.
problem-frequency-exceeded = The records were already looked at as often as was agreed
problem-frequency-exceeded-next = Come back after { $retry }.
problem-data-life-too-long = The records would be kept too long for this purpose
problem-data-life-too-long-next = Ask to keep them for a shorter time. The register of purposes says how long.
problem-look-back-too-long = The request reaches too far into the past for this purpose
problem-look-back-too-long-next = Ask for a later first day. The register of purposes says how far back.
problem-mode-not-allowed = Records for this purpose may be looked at, but not stored
problem-mode-not-allowed-next = Ask with the mode "look".
problem-mandate-missing = You may not act for this company here
problem-mandate-missing-next = Ask the company for a mandate that covers this, or choose another company.
problem-second-yes-needed = Another person must agree too
problem-second-yes-needed-next = We have kept your yes. Nothing is shared until the others have said yes in their own account.

problem-invalid-token = The access token is not valid
problem-invalid-token-next = It may have ended, been revoked, or belong to another key. Get a new one.
problem-insufficient-scope = The access token does not reach this far
problem-insufficient-scope-next = Ask for a token with the scope that this address needs.
problem-invalid-dpop-proof = The proof of the key is not valid
problem-invalid-dpop-proof-next = Make a new DPoP proof for this very request: method, address, time, token and key must fit.
problem-proof-replayed = This proof was used before
problem-proof-replayed-next = Make a new one for each request.
problem-use-dpop-nonce = The proof needs our nonce
problem-use-dpop-nonce-next = Make it again with the value of the DPoP-Nonce header, and repeat the request.
problem-client-unknown = There is no such client
problem-client-unknown-next = Register the client first, or check its name.
problem-client-stopped = This client was stopped
problem-client-stopped-next = Ask the administrator of this installation why.
problem-client-key-missing = The client has no key to encrypt to
problem-client-key-missing-next = Publish a P-256 key with the use "enc" in the client's JWKS.
problem-interaction-unknown = This request is no longer open
problem-interaction-unknown-next = It was answered, or it waited too long. Go back to the one who asked and begin again.

# What is this?
about-title = What is this?
about-lead = Praya lets you show a bank, a school or another office the records that government already holds about you, so that you do not have to bring papers.
about-how = How it works
about-step-asked = Somebody asks. They name each record, each field, why they need it, for how long and how often.
about-step-see = You see it first. The values themselves, which office holds them, and when they must be deleted.
about-step-answer = You say yes or no. You can strike out single fields. No is as easy as yes.
about-step-fetch = Only what you left in goes out, from the office to the one who asked, encrypted to them.
about-step-stop = You can stop at any time. After that, nothing more goes out.
about-proof = Why you can check us
about-proof-text = Before anything leaves, an entry about it is written into a public log that nobody can change unseen, not even we. The log holds no personal data: only a fingerprint. You hold the other half, and your own browser checks that the two fit.
about-see-looks = Under “My data” you find every look at your records: who, what, when, why.
about-who = Who runs it
about-who-text = This installation is set up for { $government }. Praya is the program; its source is open, and anyone may run it.
about-demo = This copy is a demonstration. All people, companies and records in it are made up, and nothing you do here has any effect outside.

# Accessibility
accessibility-title = Accessibility
accessibility-lead = Everyone should be able to use these pages, whatever they see, hear or use to read.
accessibility-can = What we build and test for
accessibility-can-keyboard = Everything can be done by keyboard alone, and it is always visible where you are.
accessibility-can-script = Every page works without JavaScript.
accessibility-can-zoom = Text can be enlarged to four times, and pages fit a phone of 320 pixels without scrolling sideways, but for wide tables, which scroll by themselves.
accessibility-can-dark = Dark colours, stronger contrast and less motion follow the settings of your device.
accessibility-can-reader = Pages are written for screen readers, in three languages, each marked as such.
accessibility-can-picture = Behind every picture is a table that says the same.
accessibility-how = How it is tested
accessibility-how-text = A program (axe-core) looks through every page in every language whenever the software changes. It finds only part of what can be wrong.
accessibility-not = What is not done
accessibility-not-text = We aim for WCAG 2.2, level AA, but nobody has audited these pages, and they have not been tried by enough people who use assistive technology. We make no claim of conformance.
accessibility-tell = Tell us what does not work
accessibility-tell-text = Tell the office that runs this installation which page it was, what you tried, and what you use. If there is a reference at the foot of an error page, add it.

# Identifiers: which rule a number failed (kernel::identifiers::Wrong)
problem-identifier-empty = Enter a number
problem-identifier-empty-next = Write it as it stands on the card, certificate or letter.
problem-hkid-form = An identity card number has one or two letters, six digits, and a digit or A in brackets
problem-hkid-form-next = Write it as it stands on the card, such as A123456(3).
problem-hkid-check = This is not an identity card number: the character in brackets does not go with the rest
problem-hkid-check-next = Compare every character with the card.
problem-resident-form = A resident identity number has 18 characters: digits, and at the end a digit or X
problem-resident-form-next = Write it as it stands on the card.
problem-resident-area = This is not a resident identity number: it begins with no province
problem-resident-area-next = Compare the first six digits with the card.
problem-resident-date = This is not a resident identity number: digits 7 to 14 are no date of birth
problem-resident-date-next = Compare these digits with the card.
problem-resident-check = This is not a resident identity number: its last character does not go with the rest
problem-resident-check-next = Compare every character with the card.
problem-uscc-form = A unified social credit code has 18 digits and capital letters, never I, O, S, V or Z
problem-uscc-form-next = Write it as it stands on the business licence.
problem-brn-form = A business registration number has eight characters, such as 12345678
problem-brn-form-next = Write the first eight characters of the certificate’s number.
problem-company-number-form = A company number has up to seven digits, with F before them for a company from outside Hong Kong
problem-company-number-form-next = Write it as it stands on the certificate of incorporation.
problem-phone-form = This is not a telephone number
problem-phone-form-next = Write a Hong Kong number with its eight digits, a Mainland mobile with its eleven, and any other with + and the code of its country.
problem-phone-hong-kong = A Hong Kong telephone number has eight digits and does not begin with 0 or 1
problem-phone-hong-kong-next = Check the number.
problem-phone-mainland = This is not a Mainland telephone number
problem-phone-mainland-next = Write a mobile with its eleven digits, and a fixed line with its area code.
