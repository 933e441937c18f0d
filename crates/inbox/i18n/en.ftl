# Messages, and how one is told
inbox-title = Messages
inbox-unread = { $count ->
    [0] You have read everything.
    [one] One message is new.
   *[other] { $count } messages are new.
}
inbox-current = Current
inbox-archived = Put away
inbox-new = New
inbox-empty = Nothing here. When something happens to your consents, mandates or account, you are told here.
inbox-empty-archived = You have put nothing away.
inbox-go = See it
inbox-archive = Put away
inbox-restore = Put back
inbox-done-archived = The message was put away
inbox-done-restored = The message was put back
inbox-settings-title = What you are told, and how
inbox-settings-lead = Every message stays here. By mail or on your device you are told only that there is one; what it says you read after signing in.
inbox-topic-consents = Consents: given, stopped, about to end
inbox-topic-mandates = Mandates: given, ended
inbox-topic-security = Your account: sign-ins, passkeys
inbox-topic-looks = Every look at your records
inbox-told = Tell me here
inbox-by-mail = Also by e-mail
inbox-by-push = Also on my devices
inbox-save = Save
inbox-mail-title = Your e-mail address
inbox-mail-why = It receives notices and nothing else. It never signs anyone in.
inbox-mail-not-here = This installation sends no mail. You find your messages here.
inbox-mail-proved = Proved
inbox-mail-remove = Remove this address
inbox-address = E-mail address
inbox-address-send = Send a code to this address
inbox-code-sent = We sent a code to { $address }.
inbox-code = Code from the mail
inbox-code-hint = Six digits, good for 30 minutes
inbox-code-check = Check the code
inbox-push-title = On your devices
inbox-push-why = A browser that you choose shows a notice when there is a message. It says nothing about you.
inbox-push-add = Tell me in this browser
inbox-push-remove = Stop telling me there
inbox-push-browser-refused = This browser does not allow notices. Allow them in its settings, then try again.
inbox-push-script = This needs JavaScript. Everything else works without it.
inbox-device-unknown = A browser
inbox-done-saved = Your choices were saved
inbox-done-code = A code is on its way
inbox-done-proved = Notices go to this address from now on
inbox-done-removed = The address was removed
inbox-done-push = This browser will tell you
inbox-done-push-removed = That browser tells you no more
mail-notice-subject = There is a message for you – { $government }
mail-notice-body =
    There is a message for you.

    Sign in to read it: { $link }

    For your safety this mail says nothing more. We never ask for a password or code by mail.
    { $government }
mail-code-subject = Your code – { $government }
mail-code-body =
    { $code } is the code for this e-mail address. It is good for { $minutes } minutes.

    It proves the address and signs nobody in. If you did not ask for it, you need do nothing.
    { $government }
push-title = There is a message for you
problem-message-unknown = There is no such message
problem-message-unknown-next = Look for it among your messages.
problem-address-form = Enter an e-mail address, such as name@example.hk
problem-address-form-next = Check the address and send it again.
problem-mail-not-here = This installation sends no mail
problem-mail-not-here-next = You find your messages under “Messages”.
problem-code-too-often = A code was asked for too often. Wait a minute; there are five a day
problem-code-too-often-next = Look for the code in your mail, also among the unwanted.
problem-code-wrong = This is not the code of the newest mail
problem-code-wrong-next = Enter the six digits of the newest mail.
problem-code-over = This code is no longer good
problem-code-over-next = Ask for a new one under “Your e-mail address”.
problem-push-refused = This browser’s address for notices cannot be used
problem-push-refused-next = Use another browser. You find every message under “Messages”.
problem-push-too-many = Ten browsers tell you already
problem-push-too-many-next = Stop one of them first.
problem-push-unknown = There is no such browser
problem-push-unknown-next = It may have been removed already.
event-mail-proved = E-mail address proved
event-mail-removed = E-mail address removed
event-push-added = Notices to a browser added
event-push-removed = Notices to a browser removed
