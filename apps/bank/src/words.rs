//! What the bank says, in three languages: a word that lacks one does not compile.

/// The language of a page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Lang {
    #[default]
    En,
    Tc,
    Sc,
}

impl Lang {
    pub(crate) const ALL: [Self; 3] = [Self::En, Self::Tc, Self::Sc];

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lang| lang.code() == text)
    }

    /// From `Accept-Language`: the first that is ours.
    pub(crate) fn accepted(header: &str) -> Self {
        let tags = header.split(',').map(|part| part.trim().to_ascii_lowercase());
        tags.into_iter().find_map(|tag| Self::of_tag(&tag)).unwrap_or(Self::En)
    }

    fn of_tag(tag: &str) -> Option<Self> {
        let simple = ["zh-hans", "zh-cn", "zh-sg"].iter().any(|start| tag.starts_with(start));
        match tag {
            _ if simple => Some(Self::Sc),
            _ if tag.starts_with("zh") => Some(Self::Tc),
            _ if tag.starts_with("en") => Some(Self::En),
            _ => None,
        }
    }

    /// As the address names it.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Tc => "tc",
            Self::Sc => "sc",
        }
    }

    /// BCP 47.
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Tc => "zh-Hant",
            Self::Sc => "zh-Hans",
        }
    }

    /// Its own name.
    pub(crate) const fn own_name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Tc => "繁體中文",
            Self::Sc => "简体中文",
        }
    }

    pub(crate) const fn words(self) -> &'static Words {
        match self {
            Self::En => &EN,
            Self::Tc => &TC,
            Self::Sc => &SC,
        }
    }
}

macro_rules! words {
    ($($name:ident: $en:literal, $tc:literal, $sc:literal;)*) => {
        /// Every text of the pages.
        pub(crate) struct Words { $(pub(crate) $name: &'static str),* }
        static EN: Words = Words { $($name: $en),* };
        static TC: Words = Words { $($name: $tc),* };
        static SC: Words = Words { $($name: $sc),* };
    };
}

words! {
    bank: "Harbour Bank", "海港銀行", "海港银行";
    made_up: "Demonstration. This bank, its customers and all records are made up.", "示範。本銀行、客戶及所有紀錄均屬虛構。", "演示。本银行、客户及所有记录均属虚构。";
    skip: "Skip to the content", "跳到內容", "跳到内容";
    languages: "Language", "語言", "语言";
    my_application: "My application", "我的申請", "我的申请";
    foot: "Made up for the Praya demonstration. No money is lent here.", "為 Praya 示範而虛構，此處不作任何貸款。", "为 Praya 演示而虚构，此处不发放任何贷款。";
    home_title: "A business loan, without the paper", "商業貸款，免交文件", "商业贷款，免交文件";
    home_lead: "Tell us how much you need. The government sends us your company's records, if you allow it, and nothing you did not tick.", "告訴我們所需金額。經你同意，政府會直接把貴公司的紀錄交給我們；你沒有剔選的，一概不交。", "告诉我们所需金额。经您同意，政府会直接把贵公司的记录交给我们；您没有勾选的，一概不交。";
    form_title: "Business loan", "商業貸款", "商业贷款";
    amount: "How much do you need?", "你需要多少？", "您需要多少？";
    amount_hint: "In Hong Kong dollars, from 10,000 to 50,000,000. For example, 500000", "以港元計，由 10,000 至 50,000,000。例如 500000", "以港元计，由 10,000 至 50,000,000。例如 500000";
    amount_error: "Enter an amount in whole dollars, from 10,000 to 50,000,000", "請輸入整數金額，由 10,000 至 50,000,000", "请输入整数金额，由 10,000 至 50,000,000";
    reason: "What is it for?", "作何用途？", "作何用途？";
    reason_hint: "A few words. For example, a second shop", "簡單幾個字。例如：開設第二間店舖", "简单几个字。例如：开设第二家店铺";
    reason_error: "Say what the loan is for, in 200 characters or fewer", "請說明貸款用途，最多 200 字", "请说明贷款用途，最多 200 字";
    error_title: "Please check this", "請檢查以下項目", "请检查以下项目";
    error_prefix: "Error: ", "錯誤：", "错误：";
    go_on: "Continue to Praya", "前往 Praya", "前往 Praya";
    go_on_hint: "You sign in there, not here. We never see how.", "你在政府網站登入，不在這裏；我們不會看到你的登入資料。", "您在政府网站登录，不在这里；我们不会看到您的登录信息。";
    why_title: "What we ask for, and why", "我們要求甚麼，為何要求", "我们要求什么，为何要求";
    why_text: "To decide on a loan we must know that the company exists, who runs it, what it owes and whether its taxes are in order.", "審批貸款，我們必須知道公司確實存在、由誰營運、有何債務，以及報稅是否妥當。", "审批贷款，我们必须知道公司确实存在、由谁经营、有何债务，以及报税是否妥当。";
    why_asked: "The records we ask for", "我們要求的紀錄", "我们要求的记录";
    why_unknown: "Praya is not answering now, so the list cannot be shown. You will see it there before you decide.", "Praya 暫時沒有回應，未能顯示清單。你在決定之前會在該處看到。", "Praya 暂时没有响应，未能显示清单。您在决定之前会在那里看到。";
    promise_title: "What we promise", "我們的承諾", "我们的承诺";
    promise_1: "We look at most five times a day, for 180 days at the longest.", "每日最多查閱五次，最長 180 日。", "每日最多查阅五次，最长 180 天。";
    promise_2: "We delete what we got 90 days after each look.", "每次取得的資料，於 90 日後刪除。", "每次取得的数据，于 90 天后删除。";
    promise_3: "You can stop us at any time, here or at Praya.", "你可隨時在這裏或 Praya 停止授權。", "您可随时在这里或 Praya 停止授权。";
    promise_4: "Every look stands in a public log that you can check.", "每次查閱都記入公開驗證紀錄，你可以核對。", "每次查阅都记入公开验证记录，您可以核对。";
    app_title: "Your loan application", "你的貸款申請", "您的贷款申请";
    app_none: "You have no application with us in this browser.", "你在此瀏覽器沒有申請。", "您在此浏览器没有申请。";
    app_begin: "Begin an application", "開始申請", "开始申请";
    asked_amount: "Amount", "金額", "金额";
    asked_reason: "For", "用途", "用途";
    company: "Company", "公司", "公司";
    consent: "Permission", "同意編號", "同意编号";
    fetched: "Received", "收到時間", "收到时间";
    delete_by: "We delete this by", "我們最遲於此日刪除", "我们最迟于此日删除";
    records: "Records", "紀錄", "记录";
    records_all: "Show all records:", "顯示全部紀錄，項數：", "显示全部记录，条数：";
    as_of: "As of", "截至", "截至";
    status_ok: "Received", "已收到", "已收到";
    status_none: "The department holds no such record", "該部門沒有此紀錄", "该部门没有此记录";
    status_unavailable: "The department was not answering. Fetch again later; nothing else is held up", "該部門當時沒有回應。請稍後再取；其他紀錄不受影響", "该部门当时没有响应。请稍后再取；其他记录不受影响";
    held_by: "Held and signed by another government’s node:", "由另一政府的節點保存及簽署：", "由另一政府的节点保存并签名：";
    held_by_hint: "Its signature and receipt are in the signed answer. Praya checked them; we do not know its keys.", "其簽署及憑證載於已簽署的答覆，並經 Praya 核對；我們並無該節點的密鑰。", "其签名及凭证载于已签名的答复，并经 Praya 核对；我们没有该节点的密钥。";
    row: "Record", "紀錄", "记录";
    yes: "Yes", "是", "是";
    no: "No", "否", "否";
    not_given: "not stated", "沒有填寫", "没有填写";
    proof: "How we know it is genuine", "我們如何確知屬實", "我们如何确知属实";
    proof_lead: "We checked this ourselves, with public keys alone. Anyone can.", "我們只憑公開密鑰自行核對，任何人都可以。", "我们只凭公开密钥自行核对，任何人都可以。";
    proof_signature: "Signed by the government: verified", "政府的簽署：核實無誤", "政府的签名：核实无误";
    proof_log: "In the public log, under the log key we know", "已在公開驗證紀錄內，密鑰與我們所知的相符", "已在公开验证记录内，密钥与我们所知的相符";
    proof_entry: "Entry", "條目", "条目";
    proof_of: "of", "／共", "／共";
    proof_contents: "Contents exactly as logged, fetched with our key", "內容與所記載的完全相同，並以我們的密鑰提取", "内容与所记载的完全相同，并用我们的密钥提取";
    proof_digest: "Fingerprint of the contents (SHA-256)", "內容指紋（SHA-256）", "内容指纹（SHA-256）";
    passed: "Passed: ", "通過：", "通过：";
    failed: "Failed: ", "不通過：", "不通过：";
    not_proven: "The proof does not hold. Do not rely on these records.", "證明不成立，請勿倚賴這些紀錄。", "证明不成立，请勿依赖这些记录。";
    download: "Download the signed answer (JWS)", "下載已簽署的答覆（JWS）", "下载已签名的答复（JWS）";
    waiting_records: "We hold no records now.", "我們現時沒有持有任何紀錄。", "我们目前没有持有任何记录。";
    actions: "What you can do", "你可以做甚麼", "您可以做什么";
    fetch_again: "Fetch again", "再次索取", "再次获取";
    renew: "Renew our access", "更新存取權", "更新访问权";
    give_back: "Give this permission back", "交還此項同意", "交还此项同意";
    give_back_hint: "We can then fetch nothing more, and delete what we hold.", "之後我們不能再索取任何紀錄，並刪除現有紀錄。", "之后我们不能再获取任何记录，并删除现有记录。";
    notices: "Notices from Praya", "Praya 的通知", "Praya 的通知";
    no_notices: "None yet.", "暫時沒有。", "暂时没有。";
    event_given: "You gave this permission", "你已給予同意", "您已给予同意";
    event_waiting: "Waiting for another director's yes", "正等候另一位董事同意", "正等候另一位董事同意";
    event_paused: "You paused this permission", "你已暫停同意", "您已暂停同意";
    event_resumed: "You resumed this permission", "你已恢復同意", "您已恢复同意";
    event_revoked: "This permission was revoked", "同意已撤銷", "同意已撤销";
    event_expired: "This permission expired", "同意已屆滿", "同意已到期";
    event_refused: "This permission was refused", "同意已被拒絕", "同意已被拒绝";
    event_changed: "This permission was changed", "同意已更改", "同意已更改";
    event_deleted: "The time to keep the records ended: we deleted them and said so to Praya", "保存期已屆滿：我們已刪除紀錄並告知 Praya", "保存期已届满：我们已删除记录并告知 Praya";
    trouble: "This did not work", "未能完成", "未能完成";
    next: "What next", "下一步", "下一步";
    colon: ": ", "：", "：";
    next_consent: "Only you can change this. Resume or renew the permission at Praya under My data, or begin a new application here.", "只有你可以改變。請在 Praya「我的資料」恢復或重新給予同意，或在這裏重新申請。", "只有您可以改变。请在 Praya“我的数据”恢复或重新给予同意，或在这里重新申请。";
    next_waiting: "Ask the other director to answer at Praya, then fetch again.", "請另一位董事在 Praya 回覆，然後再次索取。", "请另一位董事在 Praya 答复，然后再次获取。";
    next_later: "Nothing is lost. Fetch again", "資料沒有遺失。請稍後再次索取", "数据没有丢失。请稍后再次获取";
    next_after: "after", "時間：", "时间：";
    next_token: "Our access has ended. Choose “Renew our access”, then fetch again.", "我們的存取權已屆滿。請選「更新存取權」，然後再次索取。", "我们的访问权已到期。请选“更新访问权”，然后再次获取。";
    next_try: "Try again in a few minutes. If it goes on, bring the papers to any branch: your application is kept.", "請幾分鐘後再試。如仍不成功，可攜帶文件到任何分行，申請會為你保留。", "请几分钟后再试。如仍不成功，可携带文件到任何分行，申请会为您保留。";
    next_proof: "We show nothing that we could not verify. Fetch again; if it goes on, we tell the government.", "未能核實的資料，我們不會顯示。請再次索取；如仍不成功，我們會通知政府。", "未能核实的数据，我们不会显示。请再次获取；如仍不成功，我们会通知政府。";
    t_unreachable: "Praya is not answering", "Praya 沒有回應", "Praya 没有响应";
    t_misread: "Praya's answer could not be read", "未能讀取 Praya 的答覆", "未能读取 Praya 的答复";
    t_not_proven: "The answer could not be verified", "未能核實答覆", "未能核实答复";
    t_refused: "Praya did not accept our request", "Praya 不接納我們的要求", "Praya 不接受我们的请求";
    t_expired_visit: "This page is out of date. Please start again from here.", "此頁已過時，請由此重新開始。", "此页已过期，请由此重新开始。";
    t_no_refresh: "We have no means to renew: begin a new application", "我們不能更新存取權：請重新申請", "我们不能更新访问权：请重新申请";
    denied_title: "You said no, and that is fine", "你選擇了不同意，沒有問題", "您选择了不同意，没有问题";
    denied_text: "We received nothing about your company. Your application is not refused.", "我們沒有收到貴公司的任何資料。你的申請並未被拒絕。", "我们没有收到贵公司的任何数据。您的申请并未被拒绝。";
    denied_again: "Try again, and strike out what you would rather not share", "再試一次，並刪去不想提供的項目", "再试一次，并划去不想提供的项目";
    denied_paper: "Go on by paper: bring the business registration certificate, the latest annual return and two years of accounts to any branch. It takes about ten working days.", "以文件申請：請攜帶商業登記證、最近的周年申報表及兩年帳目到任何分行，約需十個工作天。", "以文件申请：请携带商业登记证、最近的周年申报表及两年账目到任何分行，约需十个工作日。";
    back_title: "We could not take you back in", "未能接續你的申請", "未能接续您的申请";
    back_text: "The answer did not belong to an application begun in this browser, so we did not use it.", "這個答覆不屬於此瀏覽器開始的申請，我們沒有使用。", "这个答复不属于此浏览器开始的申请，我们没有使用。";
    missing_title: "This page is not here", "沒有這一頁", "没有这一页";
    missing_text: "The address may be mistyped or old.", "網址可能有誤或已失效。", "网址可能有误或已失效。";
    home: "Harbour Bank, home", "海港銀行，主頁", "海港银行，主页";
    given_back: "You gave the permission back. We deleted what we held.", "你已交還同意，我們已刪除所持紀錄。", "您已交还同意，我们已删除所持记录。";
    renewed: "Our access is renewed.", "存取權已更新。", "访问权已更新。";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browsers_first_language_that_is_ours_is_used() {
        assert_eq!(Lang::accepted("fr, zh-HK;q=0.9, en;q=0.5"), Lang::Tc);
        assert_eq!(Lang::accepted("zh-CN,zh;q=0.9"), Lang::Sc);
        assert_eq!(Lang::accepted(""), Lang::En);
    }
}
