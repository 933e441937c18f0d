### 簽署文件。
problem-signing-not-set-up = 此系統暫時未能簽署文件
problem-signing-not-set-up-next = 系統管理人員須先設定核證及時間戳記機構。
problem-authority-exists = 已設有此類機構
problem-authority-exists-next = 每類只設一個，請使用現有的機構。
problem-certificate-unknown = 沒有這份有效的證書
problem-certificate-unknown-next = 請核對序號；該證書可能已被撤銷。
problem-not-a-timestamp-query = 這不是時間戳記請求
problem-not-a-timestamp-query-next = 請以 application/timestamp-query 格式傳送 RFC 3161 請求。
event-signing-authority = 已設立簽署所用的機構
event-certificate-issued = 已發出證書
event-certificate-revoked = 已撤銷證書
log-office-signing = 文件簽署
