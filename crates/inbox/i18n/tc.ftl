# 訊息及通知
inbox-title = 訊息
inbox-unread = { $count ->
    [0] 所有訊息均已閱讀。
   *[other] 你有 { $count } 則新訊息。
}
inbox-current = 現時
inbox-archived = 已收起
inbox-new = 新
inbox-empty = 暫無訊息。你的同意、授權或帳戶如有變動，我們會在此通知你。
inbox-empty-archived = 沒有已收起的訊息。
inbox-go = 查看詳情
inbox-archive = 收起
inbox-restore = 移回
inbox-done-archived = 訊息已收起
inbox-done-restored = 訊息已移回
inbox-settings-title = 通知設定
inbox-settings-lead = 所有訊息均保留於此。電郵及裝置通知只會告知你有新訊息，內容須登入後方可閱讀。
inbox-topic-consents = 同意：生效、撤銷、即將屆滿
inbox-topic-mandates = 授權：獲授權、授權終止
inbox-topic-security = 帳戶：登入、通行密鑰
inbox-topic-looks = 每次查閱你的紀錄
inbox-told = 在此通知我
inbox-by-mail = 同時以電郵通知
inbox-by-push = 同時在我的裝置上通知
inbox-save = 儲存
inbox-mail-title = 你的電郵地址
inbox-mail-why = 只用作接收通知，不能用作登入。
inbox-mail-not-here = 本系統不會發送電郵，請在此查閱訊息。
inbox-mail-proved = 已核實
inbox-mail-remove = 移除此地址
inbox-address = 電郵地址
inbox-address-send = 發送驗證碼至此地址
inbox-code-sent = 驗證碼已發送至 { $address }。
inbox-code = 電郵內的驗證碼
inbox-code-hint = 六位數字，30 分鐘內有效
inbox-code-check = 核對驗證碼
inbox-push-title = 裝置通知
inbox-push-why = 你選定的瀏覽器會在有新訊息時顯示通知，通知不含任何個人資料。
inbox-push-add = 在此瀏覽器通知我
inbox-push-remove = 停止在該裝置通知
inbox-push-browser-refused = 此瀏覽器不允許通知。請在瀏覽器設定中允許通知，然後再試。
inbox-push-script = 此功能需要 JavaScript，其他功能則不需要。
inbox-device-unknown = 瀏覽器
inbox-done-saved = 設定已儲存
inbox-done-code = 驗證碼正在發送
inbox-done-proved = 通知將發送至此地址
inbox-done-removed = 地址已移除
inbox-done-push = 此瀏覽器將會通知你
inbox-done-push-removed = 該瀏覽器不會再通知你
mail-notice-subject = 你有一則新訊息 – { $government }
mail-notice-body =
    你有一則新訊息。

    請登入閱讀：{ $link }

    為保障你的資料，本電郵不含其他內容。我們絕不會以電郵索取密碼或驗證碼。
    { $government }
mail-code-subject = 你的驗證碼 – { $government }
mail-code-body =
    { $code } 是此電郵地址的驗證碼，{ $minutes } 分鐘內有效。

    驗證碼只用作核實地址，不能用作登入。如非你本人要求，無須理會。
    { $government }
push-title = 你有一則新訊息
problem-message-unknown = 沒有此訊息
problem-message-unknown-next = 請在你的訊息中尋找。
problem-address-form = 請輸入電郵地址，例如 name@example.hk
problem-address-form-next = 請核對地址後再試。
problem-mail-not-here = 本系統不會發送電郵
problem-mail-not-here-next = 請在「訊息」中查閱。
problem-code-too-often = 索取驗證碼過於頻密。請稍候一分鐘；每日上限為五次
problem-code-too-often-next = 請檢查電郵，包括垃圾郵件匣。
problem-code-wrong = 驗證碼與最新電郵所載不符
problem-code-wrong-next = 請輸入最新電郵內的六位數字。
problem-code-over = 此驗證碼已失效
problem-code-over-next = 請在「你的電郵地址」重新索取。
problem-push-refused = 此瀏覽器的通知地址無法使用
problem-push-refused-next = 請使用其他瀏覽器。所有訊息均可在「訊息」中查閱。
problem-push-too-many = 已有十個瀏覽器通知你
problem-push-too-many-next = 請先停止其中一個。
problem-push-unknown = 沒有此瀏覽器
problem-push-unknown-next = 可能已經移除。
event-mail-proved = 電郵地址已核實
event-mail-removed = 電郵地址已移除
event-push-added = 已新增瀏覽器通知
event-push-removed = 已移除瀏覽器通知
