### Signing documents.
problem-signing-not-set-up = This installation cannot sign yet
problem-signing-not-set-up-next = Whoever runs it must set up the authorities behind signatures first.
problem-authority-exists = There is such an authority already
problem-authority-exists-next = There is one of each kind. Use the one there is.
problem-certificate-unknown = There is no such certificate in force
problem-certificate-unknown-next = Check the serial number; it may have been revoked before.
problem-not-a-timestamp-query = This is not a time-stamp query
problem-not-a-timestamp-query-next = Send a query of RFC 3161 as application/timestamp-query.
event-signing-authority = Authority behind signatures set up
event-certificate-issued = Certificate issued
event-certificate-revoked = Certificate revoked
log-office-signing = Signing of documents
