made-up = Made up
value-yes = Yes
value-no = No
value-none = None
consent-choose-title = For whom?
consent-choose-lead = { $consumer } asks to see records. Choose for whom you decide.
consent-choose-role = You act as { $role }
consent-choose-none = You may not act for any company here.
consent-choose-none-next = A director of the company can give you a mandate, or sign in as someone who has one.
consent-back-to-consumer = Go back without allowing
consent-for-yourself = yourself
consent-title = { $consumer } asks to see records
consent-why = Why:
consent-what = What they would see
consent-asked = They ask for { $fields ->
    [one] one field
   *[other] { $fields } fields
  } of { $registers ->
    [one] one register
   *[other] { $registers } registers
  }, held by { $departments ->
    [one] one department
   *[other] { $departments } departments
  }.
consent-strike = Open a register to see the values as they stand now, or to leave something out.
consent-to-answer = Go to your answer
consent-open = { $register }: see the values, leave something out
consent-struck = You have left something out of this register.
consent-field = Field
consent-answer = Your answer
consent-unavailable = This office does not answer now. It will be asked again when the records are fetched.
consent-nothing = This office holds nothing under this name.
consent-rows = { $count } records
consent-more = { $count ->
    [one] One more record is shared, which is not shown here.
   *[other] { $count } more records are shared, which are not shown here.
  }
consent-sensitive = sensitive
consent-capacity = You decide as { $role }.
consent-needs = { $needs } people must agree before anything is shared.
consent-allow = Allow what is ticked
consent-refuse = Refuse
consent-then = What happens then?
consent-then-yes = If you allow it, { $consumer } can fetch what is ticked, as often and as long as stated above. Each time is written into a public log before anything leaves, and shown to you in “My data”.
consent-then-stop = You can pause or stop it at any time in “My data”. After you stop it, nothing more is released.
consent-then-no = If you refuse, nothing is shared. You go back to where you came from.
consent-then-preview = Showing you these values was a look, too. It is in “My data”.
consent-sign-title = Sign your yes
consent-sign-lead = Your passkey signs exactly this consent for { $consumer }. Nobody can make up your yes.
consent-sign = Sign with my passkey
consent-sign-noscript = Signing with a passkey needs JavaScript in this browser. You can also sign on another device.
fact-purpose = Purpose
fact-frequency = How often
fact-until = Until
fact-life = Must be deleted
fact-mode = What they may do
fact-range = Records dated
frequency-hour = { $times ->
    [one] at most once an hour
   *[other] at most { $times } times an hour
  }
frequency-day = { $times ->
    [one] at most once a day
   *[other] at most { $times } times a day
  }
frequency-week = { $times ->
    [one] at most once a week
   *[other] at most { $times } times a week
  }
frequency-month = { $times ->
    [one] at most once a month
   *[other] at most { $times } times a month
  }
frequency-year = { $times ->
    [one] at most once a year
   *[other] at most { $times } times a year
  }
frequency-once = { $times ->
    [one] once only
   *[other] at most { $times } times in all
  }
life-day = { $value ->
    [one] { $value } day after each look
   *[other] { $value } days after each look
  }
life-month = { $value ->
    [one] { $value } month after each look
   *[other] { $value } months after each look
  }
life-year = { $value ->
    [one] { $value } year after each look
   *[other] { $value } years after each look
  }
mode-look = Look only, keep nothing
mode-store = Keep a copy until it must be deleted
state-waiting = Waiting
state-active = Active
state-paused = Paused
state-revoked = Stopped
state-expired = Expired
state-refused = Refused
waiting-title = Waiting for a second yes
waiting-lead = { $yeses } of { $needs } people have agreed.
waiting-who = One of these people must also agree. They find it in “My data”:
waiting-next = This page looks again by itself. You may also close it and come back by the same link; the others have seven days.
waiting-look-again = Look again now
waiting-consent = See what was asked
data-title = My data
data-filter = Whose records
data-all = All
data-waiting = Waiting for your answer
data-answer = Read and answer
data-may = Who may look
data-may-none = Nobody may look at your records now.
data-until = until { $date }
data-used = { $count ->
    [one] looked once
   *[other] looked { $count } times
  }
data-last = last on { $when }
data-stop = Stop { $consumer }
data-looked = Who has looked
data-looked-none = Nobody has looked yet. Every look will be listed here.
data-by-month = Looks by month
data-by-office = Looks by office
data-office = Office
data-proof = Proof
data-consent = Consent
data-fields = Fields seen
data-older = Older looks
data-complete = Nothing is missing here: every look passes through the public log before data leaves.
data-complete-how = How we know
data-ended = Ended
look-title = Details of a look
look-who = Who
look-kind = Kind of look
look-whose = Whose records
look-when = When
look-consent = The consent that allowed it, where you can also stop it
look-kind-release = Records were sent
look-kind-preview = Shown before deciding
look-kind-officer = Opened by an officer
look-kind-export = Exported
look-kind-query = An operator’s query
look-said-query = { $who } queried records of { $subject }
look-said-export = { $who } exported records of { $subject }
look-said-officer = { $who } opened records of { $subject }
look-said-preview = { $who } was shown records of { $subject }
look-said-release = { $who } received records of { $subject }
look-proof = Proof
look-proof-noscript = This browser can check the proof when JavaScript is on. Without it, download the receipt and run “praya verify”.
look-proof-good = Checked in this browser: this look is in the public log, and the log’s signature is genuine.
look-proof-bad = The proof does not hold. Keep the receipt and report it: the log or this page is wrong.
look-proof-cannot = This browser cannot check this signature. Download the receipt and run “praya verify”.
look-proof-place = Entry { $index } in a log of { $size } entries.
look-download = Download the receipt
look-elsewhere = To check it without this website, run:
look-proof-parts = What the proof consists of
look-entry = Public entry
look-hashes = Hashes on the path to the root
look-checkpoint = Signed checkpoint
mine-title = Consent
mine-confirm = Stop { $consumer } for good? This cannot be undone. They can ask you again.
mine-confirm-yes = Yes, stop
mine-confirm-no = No, leave it
mine-pause = Pause
mine-resume = Resume
mine-stop = Stop for good
mine-fields = What they may see
mine-amend-open = Share fewer fields
mine-amend-hint = Untick what you no longer want to share. This makes a new version of the consent at once.
mine-amend = Share only what is ticked
mine-asked = Another person has agreed already. Nothing is shared until enough people have.
mine-approve = Allow
mine-yeses = Who said yes
mine-history = What happened
mine-deletions = Deletion
mine-deletion-due = They must have deleted what they received by { $date }.
mine-deletion-none = Nothing has been received.
mine-deletion-told = Told to delete on { $date }
mine-deletion-attested = they state that they deleted it on { $date }
mine-deletion-silent = no answer yet
mine-receipt = Download the receipt of this consent
signature-passkey = signed with a passkey
signature-demo = by a button of the demonstration, without a signature
signature-narrowed = fewer fields than before, without a signature
done-paused = Paused. Nothing is released until you resume.
done-resumed = Resumed.
done-revoked = Stopped. Nothing more is released.
done-approved = Your yes is recorded.
done-refused = Refused. Nothing is shared.
done-amended = Changed. From now on only these fields are shared.
event-consent-waiting = A yes; more are needed
event-consent-given = Agreed
event-consent-refused = Refused
event-consent-paused = Paused
event-consent-resumed = Resumed
event-consent-revoked = Stopped
event-consent-amended = Replaced by a new version
event-consent-expired = Expired
event-deletion-attested = Deletion attested
role-director = director
role-secretary = company secretary
role-staff = staff
role-representative = representative
source-closed = Answering
source-half-open = Trying again
source-open = Not answering
admin-title = Administration
admin-sources = Sources
admin-source = Source
admin-state = State
admin-latency = Usual time
admin-last-ok = Last answer
admin-error = Last error
admin-clients = Data consumers
admin-client = Data consumer
admin-client-id = Client id
admin-webhook = Told at
admin-client-active = Active
admin-client-stopped = Stopped
admin-consents = Consents
admin-newest = Newest
admin-consent = Consent
admin-looks = Looks
admin-given = Given
admin-limits = Limits of fair use
admin-look-back = Look back (days)
admin-length = Longest consent (days)
admin-jobs = Jobs
admin-jobs-waiting = { $count } waiting
admin-dead-none = No dead letters.
admin-tries = { $count ->
    [one] { $count } try
   *[other] { $count } tries
  }
admin-retry = Try again
admin-log = Evidence log
admin-log-size = { $count } entries.
admin-log-open = Open the log
problem-busy = Too much is going on at once
problem-busy-next = Nothing was changed. Try again in a moment.
problem-look-unknown = There is no such look
problem-look-unknown-next = Go back to “My data” and choose from the list.
problem-request-refused = The request asks for something that is not allowed
problem-request-refused-next = Each refused field is named. Correct them and send the request again.
problem-not-allowed-here = This member may not stand here
problem-registers-count = Name between 1 and 20 registers
problem-register-twice = This register is named twice
problem-fields-empty = Name at least one field
problem-field-unknown = The register has no such field
problem-field-twice = This field is named twice
problem-frequency-too-high = The purpose does not allow looking this often
problem-date-in-past = This date is over
problem-date-in-future = This date has not come yet
problem-range-backwards = The range ends before it begins
problem-nothing-ticked = Nothing would be shared
problem-nothing-ticked-next = Go back, and tick at least one field or refuse. To share fewer fields, untick some that were ticked.
problem-form-stale = What was asked has changed since the page was shown
problem-form-stale-next = Open the request again and read it once more.
problem-state-changed-meanwhile = Somebody else changed this at the same moment
problem-state-changed-meanwhile-next = Look at it again, then decide.
problem-yes-said-already = You have said yes already
problem-yes-said-already-next = Another person must agree as well.
problem-consent-not-begun = This consent begins later
problem-consent-not-begun-next = Fetch the records from its first day on.
