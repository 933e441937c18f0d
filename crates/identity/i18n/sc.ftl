# Signing in
sign-in-title = 登录
sign-in-lead = 请使用通行密钥：在您自己的设备上用指纹、面容或 PIN 码解锁，无需网站密码。
sign-in-or = 或用您自己的通行密钥登录
sign-in-passkey = 用通行密钥登录
sign-in-what = 什么是通行密钥？
sign-in-what-text = 通行密钥由您的手机、电脑或安全密钥保管，只在本网站有效，其他网站无法骗取。您将通过邀请获得第一个通行密钥。
sign-in-personas = 虚构人物
sign-in-personas-text = 这是演示系统。请选择以哪位人物登录，无需密码。
sign-in-as = 登录
sign-in-others = 其他虚构人物
passkey-failed = 您的设备没有响应，或者您已中止操作。请重试。
passkey-needs-script = 通行密钥要由浏览器向设备查询，因此需要 JavaScript。请为本网站启用 JavaScript，然后重新加载本页。
passkey-no-host = 通行密钥需要主机名。本系统以数字地址访问，因此无法创建通行密钥。
invitation-title = 创建您的通行密钥
invitation-lead = 此邀请发给{ $name }。
invitation-text = 您的设备会创建并保管一把密钥。以后您可以用指纹、面容或 PIN 码登录。此邀请只能使用一次。
invitation-make = 在此设备上创建通行密钥

# Roles
identity-role-director = 董事
identity-role-secretary = 公司秘书
identity-role-owner = 业主
identity-role-partner = 合伙人
identity-role-manager = 经理
identity-role-officer = 工作人员
identity-role-admin = 管理员

# Mandates
mandates-title = 谁可以代表您的公司
mandates-lead = 授权书写明谁可以代表公司、办理什么事项，以及有效至何时。
mandates-none = 您没有管理任何公司的授权书。
mandates-needs = 须 { $needs } 人同意
mandates-until = 有效至{ $until }
mandates-unlimited = 没有截止日期
mandates-given = 由公司人员授予
mandates-register = 来自公司登记册
mandates-revoke = 收回
mandates-revoked = 授权书已收回，立即失效。

# Problems
problem-passkey-refused = 通行密钥未被接受
problem-passkey-refused-next = 请用为本网站创建的通行密钥重试。如仍不成功，请向邀请您的人索取新的邀请。
problem-passkey-over = 操作超时，或已经完成
problem-passkey-over-next = 请重新打开页面，再次开始。
problem-passkey-known = 此通行密钥已在使用
problem-passkey-known-next = 请用它登录，或在另一台设备上创建新的通行密钥。
problem-passkey-needed = 您需要通行密钥才能表示同意
problem-passkey-needed-next = 请向邀请您的人索取邀请，创建通行密钥后再返回。
problem-passkey-script = 通行密钥需要 JavaScript
problem-passkey-script-next = 请为本网站启用 JavaScript，返回并重新加载页面，然后重试。
problem-invitation-over = 此邀请已失效
problem-invitation-over-next = 邀请已使用，或发出已超过一天。请向邀请您的人索取新的邀请。
problem-mandate-of-register = 此授权来自公司登记册
problem-mandate-of-register-next = 登记册变更后，此授权即终止。请将变更通知公司注册处。
problem-person-exists = 此人已经登记
problem-person-exists-next = 请用姓名或身份证号码查找。
problem-company-exists = 此公司已经登记
problem-company-exists-next = 请用商业登记号码查找。
problem-client-refused = 无法按所填内容登记此系统
problem-client-refused-next = 请更正所指出的字段，然后再次登记。
problem-client-id-form = 系统编号须为 1 至 64 个英文字母、数字、句点、连字符或下划线
problem-client-id-form-next = 请选用另一编号。
problem-client-redirect-form = 回调网址须为完整的 https 网址，不得含片段、用户名或通配符
problem-client-redirect-form-next = 请更正网址。只有本机网址可以 http 开头。
problem-client-keys-form = 密钥须包括一把签名密钥（use 为 "sig"）和一把 P-256 加密密钥（use 为 "enc"），并各有不同的 kid
problem-client-keys-form-next = 请只公布公钥（JWK Set），然后再次登记。
problem-client-webhook-form = 通知网址须为公开的 https 网址
problem-client-webhook-form-next = 请提供不指向内部网络的网址。
problem-client-scopes-form = 其中一个权限范围不存在
problem-client-scopes-form-next = 请使用发现文档列出的权限范围。
problem-name-unreadable = 姓名中没有可用于建立账户的文字
problem-name-unreadable-next = 请用中文或拉丁字母填写姓名。
