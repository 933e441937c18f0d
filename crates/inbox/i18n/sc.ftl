# 消息及通知
inbox-title = 消息
inbox-unread = { $count ->
    [0] 所有消息均已阅读。
   *[other] 您有 { $count } 条新消息。
}
inbox-current = 当前
inbox-archived = 已归档
inbox-new = 新
inbox-empty = 暂无消息。您的同意、授权或账户如有变动，我们会在此通知您。
inbox-empty-archived = 没有已归档的消息。
inbox-go = 查看详情
inbox-archive = 归档
inbox-restore = 移回
inbox-done-archived = 消息已归档
inbox-done-restored = 消息已移回
inbox-settings-title = 通知设置
inbox-settings-lead = 所有消息均保留在此。邮件和设备通知只会告知您有新消息，内容须登录后才能阅读。
inbox-topic-consents = 同意：生效、撤销、即将到期
inbox-topic-mandates = 授权：获得授权、授权终止
inbox-topic-security = 账户：登录、通行密钥
inbox-topic-looks = 每次查阅您的记录
inbox-told = 在此通知我
inbox-by-mail = 同时以邮件通知
inbox-by-push = 同时在我的设备上通知
inbox-save = 保存
inbox-mail-title = 您的邮箱地址
inbox-mail-why = 只用于接收通知，不能用于登录。
inbox-mail-not-here = 本系统不发送邮件，请在此查阅消息。
inbox-mail-proved = 已核实
inbox-mail-remove = 移除此地址
inbox-address = 邮箱地址
inbox-address-send = 发送验证码至此地址
inbox-code-sent = 验证码已发送至 { $address }。
inbox-code = 邮件中的验证码
inbox-code-hint = 六位数字，30 分钟内有效
inbox-code-check = 核对验证码
inbox-push-title = 设备通知
inbox-push-why = 您选定的浏览器会在有新消息时显示通知，通知不含任何个人信息。
inbox-push-add = 在此浏览器通知我
inbox-push-remove = 停止在该设备通知
inbox-push-browser-refused = 此浏览器不允许通知。请在浏览器设置中允许通知，然后重试。
inbox-push-script = 此功能需要 JavaScript，其他功能则不需要。
inbox-device-unknown = 浏览器
inbox-done-saved = 设置已保存
inbox-done-code = 验证码正在发送
inbox-done-proved = 通知将发送至此地址
inbox-done-removed = 地址已移除
inbox-done-push = 此浏览器将会通知您
inbox-done-push-removed = 该浏览器不会再通知您
mail-notice-subject = 您有一条新消息 – { $government }
mail-notice-body =
    您有一条新消息。

    请登录阅读：{ $link }

    为保护您的信息，本邮件不含其他内容。我们绝不会以邮件索取密码或验证码。
    { $government }
mail-code-subject = 您的验证码 – { $government }
mail-code-body =
    { $code } 是此邮箱地址的验证码，{ $minutes } 分钟内有效。

    验证码只用于核实地址，不能用于登录。如非您本人要求，无需理会。
    { $government }
push-title = 您有一条新消息
problem-message-unknown = 没有此消息
problem-message-unknown-next = 请在您的消息中查找。
problem-address-form = 请输入邮箱地址，例如 name@example.hk
problem-address-form-next = 请核对地址后重试。
problem-mail-not-here = 本系统不发送邮件
problem-mail-not-here-next = 请在“消息”中查阅。
problem-code-too-often = 索取验证码过于频繁。请稍候一分钟；每日上限为五次
problem-code-too-often-next = 请检查邮箱，包括垃圾邮件。
problem-code-wrong = 验证码与最新邮件所载不符
problem-code-wrong-next = 请输入最新邮件中的六位数字。
problem-code-over = 此验证码已失效
problem-code-over-next = 请在“您的邮箱地址”重新索取。
problem-push-refused = 此浏览器的通知地址无法使用
problem-push-refused-next = 请使用其他浏览器。所有消息均可在“消息”中查阅。
problem-push-too-many = 已有十个浏览器通知您
problem-push-too-many-next = 请先停止其中一个。
problem-push-unknown = 没有此浏览器
problem-push-unknown-next = 可能已经移除。
event-mail-proved = 邮箱地址已核实
event-mail-removed = 邮箱地址已移除
event-push-added = 已新增浏览器通知
event-push-removed = 已移除浏览器通知
