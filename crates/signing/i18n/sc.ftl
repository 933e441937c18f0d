### 签署文件。
problem-signing-not-set-up = 本系统暂时不能签署文件
problem-signing-not-set-up-next = 系统管理人员须先设置认证及时间戳机构。
problem-authority-exists = 已设有此类机构
problem-authority-exists-next = 每类只设一个，请使用现有的机构。
problem-certificate-unknown = 没有这份有效的证书
problem-certificate-unknown-next = 请核对序列号；该证书可能已被吊销。
problem-not-a-timestamp-query = 这不是时间戳请求
problem-not-a-timestamp-query-next = 请以 application/timestamp-query 格式发送 RFC 3161 请求。
event-signing-authority = 已设立签署所用的机构
event-certificate-issued = 已签发证书
event-certificate-revoked = 已吊销证书
log-office-signing = 文件签署
