# Signing in
sign-in-title = 登入
sign-in-lead = 請使用通行密鑰：在你自己的裝置上以指紋、容貌或密碼解鎖。無須另設網站密碼。
sign-in-or = 或以你自己的通行密鑰登入
sign-in-passkey = 以通行密鑰登入
sign-in-what = 甚麼是通行密鑰？
sign-in-what-text = 通行密鑰由你的手機、電腦或保安密鑰保管，只在本網站有效，其他網站無法騙取。你會透過邀請取得第一個通行密鑰。
sign-in-personas = 虛構人物
sign-in-personas-text = 這是示範系統。請選擇以哪位人物登入，無須密碼。
sign-in-as = 登入
sign-in-others = 其他虛構人物
passkey-failed = 你的裝置沒有回應，或你已中止操作。請再試一次。
passkey-needs-script = 通行密鑰須經瀏覽器向裝置查詢，因此需要 JavaScript。請為本網站啟用 JavaScript，然後重新載入此頁。
passkey-no-host = 通行密鑰須配合主機名稱使用。此系統以數字位址連線，因此無法建立通行密鑰。
invitation-title = 建立你的通行密鑰
invitation-lead = 此邀請發給{ $name }。
invitation-text = 你的裝置會建立並保管一把密鑰。日後你可以指紋、容貌或裝置密碼登入。此邀請只可使用一次。
invitation-make = 在此裝置建立通行密鑰

# Roles
identity-role-director = 董事
identity-role-secretary = 公司秘書
identity-role-owner = 東主
identity-role-partner = 合夥人
identity-role-manager = 經理
identity-role-officer = 職員
identity-role-admin = 管理員

# Mandates
mandates-title = 誰可代表你的公司
mandates-lead = 授權書訂明誰可代表公司、辦理甚麼事項，以及有效至何時。
mandates-none = 你沒有管理任何公司的授權書。
mandates-needs = 須 { $needs } 人同意
mandates-until = 有效至{ $until }
mandates-unlimited = 沒有屆滿日期
mandates-given = 由公司人員授予
mandates-register = 來自公司登記冊
mandates-revoke = 收回
mandates-revoked = 授權書已收回，即時失效。

# Problems
problem-passkey-refused = 通行密鑰不獲接受
problem-passkey-refused-next = 請以為本網站建立的通行密鑰再試。如仍不成功，請向邀請你的人索取新邀請。
problem-passkey-over = 操作逾時，或已經完成
problem-passkey-over-next = 請重新開啟頁面，再次開始。
problem-passkey-known = 此通行密鑰已在使用
problem-passkey-known-next = 請以它登入，或在另一裝置建立新的通行密鑰。
problem-passkey-needed = 你需要通行密鑰才可表示同意
problem-passkey-needed-next = 請向邀請你的人索取邀請，建立通行密鑰後再返回。
problem-passkey-script = 通行密鑰需要 JavaScript
problem-passkey-script-next = 請為本網站啟用 JavaScript，返回並重新載入頁面，然後再試。
problem-invitation-over = 此邀請已失效
problem-invitation-over-next = 邀請已使用，或發出已超過一日。請向邀請你的人索取新邀請。
problem-mandate-of-register = 此授權來自公司登記冊
problem-mandate-of-register-next = 登記冊更改後，此授權便會終止。請通知公司註冊處有關更改。
problem-person-exists = 此人已經登記
problem-person-exists-next = 請以姓名或身份證號碼查找。
problem-company-exists = 此公司已經登記
problem-company-exists-next = 請以商業登記號碼查找。
problem-client-refused = 未能按所填資料登記此系統
problem-client-refused-next = 請更正所指出的欄位，然後再次登記。
problem-client-id-form = 系統編號須為 1 至 64 個英文字母、數字、句點、連字號或底線
problem-client-id-form-next = 請選用另一編號。
problem-client-redirect-form = 回傳網址須為完整的 https 網址，不可含片段、用戶名稱或萬用字元
problem-client-redirect-form-next = 請更正網址。只有本機網址可以 http 開首。
problem-client-keys-form = 密鑰須包括一把簽署密鑰（use 為 "sig"）和一把 P-256 加密密鑰（use 為 "enc"），並各有不同的 kid
problem-client-keys-form-next = 請只公布公開密鑰（JWK Set），然後再次登記。
problem-client-webhook-form = 通知網址須為公開的 https 網址
problem-client-webhook-form-next = 請提供並非指向內部網絡的網址。
problem-client-scopes-form = 其中一個權限範圍不存在
problem-client-scopes-form-next = 請使用探索文件列出的權限範圍。
problem-name-unreadable = 姓名沒有可用以建立帳戶的文字
problem-name-unreadable-next = 請以中文或拉丁字母填寫姓名。
