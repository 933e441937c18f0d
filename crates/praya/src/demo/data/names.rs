//! The words that made-up people, companies and places are put together from.

/// Family names, romanised as in Hong Kong.
pub(super) const SURNAMES: [(&str, &str); 16] = [
    ("Chan", "陳"),
    ("Wong", "黃"),
    ("Lam", "林"),
    ("Cheung", "張"),
    ("Leung", "梁"),
    ("Ho", "何"),
    ("Ng", "吳"),
    ("Lau", "劉"),
    ("Yip", "葉"),
    ("Tse", "謝"),
    ("Kwok", "郭"),
    ("Tang", "鄧"),
    ("Mak", "麥"),
    ("Fung", "馮"),
    ("Szeto", "司徒"),
    ("Au-yeung", "歐陽"),
];

/// Given names, and whether a woman's.
pub(super) const GIVEN: [(&str, &str, bool); 16] = [
    ("Mei Ling", "美玲", true),
    ("Ka Ho", "家豪", false),
    ("Wing Yan", "詠恩", true),
    ("Chi Keung", "志強", false),
    ("Siu Ming", "兆明", false),
    ("Hoi Yan", "凱欣", true),
    ("Kwok Wai", "國偉", false),
    ("Yuk Lan", "玉蘭", true),
    ("Tsz Kit", "子傑", false),
    ("Suk Fan", "淑芬", true),
    ("Wai Lun", "偉倫", false),
    ("Ching Man", "靜雯", true),
    ("Pak Hei", "柏熙", false),
    ("Lai Kuen", "麗娟", true),
    ("Man Fai", "文輝", false),
    ("Sze Nga", "思雅", true),
];

/// What a company's name begins with: English, traditional, simplified.
pub(super) const FIRST: [(&str, &str, &str); 14] = [
    ("Lucky Star", "幸運星", "幸运星"),
    ("Golden Junk", "金帆", "金帆"),
    ("Harbour Light", "海光", "海光"),
    ("Jade Peak", "翠峰", "翠峰"),
    ("Silver Tide", "銀濤", "银涛"),
    ("Red Lantern", "紅燈籠", "红灯笼"),
    ("East Pier", "東碼頭", "东码头"),
    ("Cloud Terrace", "雲台", "云台"),
    ("Nine Bamboo", "九竹", "九竹"),
    ("Morning Ferry", "晨渡", "晨渡"),
    ("Lotus Gate", "蓮門", "莲门"),
    ("North Star", "北斗", "北斗"),
    ("Tai Ping", "太平", "太平"),
    ("Wind Vane", "風標", "风标"),
];

/// What a company does, and what follows from it. What a register would hold is in both of the languages that
/// Hong Kong's registers are kept in.
pub(super) struct Trade {
    pub(super) en: &'static str,
    pub(super) tc: &'static str,
    pub(super) sc: &'static str,
    pub(super) nature: &'static str,
    pub(super) goods: [&'static str; 3],
    /// The type of its food licences, if it has any.
    pub(super) food: Option<&'static str>,
}

const fn trade(
    [en, tc, sc]: [&'static str; 3],
    nature: &'static str,
    goods: [&'static str; 3],
    food: Option<&'static str>,
) -> Trade {
    Trade { en, tc, sc, nature, goods, food }
}

pub(super) const TRADES: [Trade; 8] = [
    trade(
        ["Trading", "貿易", "贸易"],
        "Import and export of foodstuffs 食品進出口",
        ["Dried seafood 海味", "Chinese tea 茶葉", "Tinned fruit 罐頭水果"],
        Some("food_factory"),
    ),
    trade(
        ["Shipping", "航運", "航运"],
        "Ship chartering and freight 船舶租賃及貨運",
        [
            "Marine diesel engines 船用柴油機",
            "Mooring ropes 繫船纜",
            "Navigation radar sets 導航雷達",
        ],
        None,
    ),
    trade(
        ["Foods", "食品", "食品"],
        "Manufacture of food products 食品製造",
        ["Wheat flour 麵粉", "Soya sauce 豉油", "Frozen dim sum 急凍點心"],
        Some("bakery"),
    ),
    trade(
        ["Logistics", "物流", "物流"],
        "Freight forwarding and warehousing 貨運代理及倉儲",
        ["Pallet racks 卡板貨架", "Electric fork-lift trucks 電動鏟車", "Cardboard boxes 紙箱"],
        None,
    ),
    trade(
        ["Engineering", "工程", "工程"],
        "Building services engineering 屋宇裝備工程",
        ["Electric motors 電動機", "Water pumps 水泵", "Copper cable 銅電纜"],
        None,
    ),
    trade(
        ["Catering", "飲食", "餐饮"],
        "Restaurants 食肆",
        ["Kitchen equipment 廚具", "Ceramic tableware 陶瓷餐具", "Frozen beef 急凍牛肉"],
        Some("general_restaurant"),
    ),
    trade(
        ["Textiles", "紡織", "纺织"],
        "Wholesale of textiles 紡織品批發",
        ["Woven cotton fabric 梭織棉布", "Knitted wool 針織羊毛", "Men’s shirts 男裝恤衫"],
        None,
    ),
    trade(
        ["Electronics", "電子", "电子"],
        "Wholesale of electronic components 電子零件批發",
        [
            "Integrated circuits 集成電路",
            "Printed circuit boards 印刷電路板",
            "Loudspeakers 揚聲器",
        ],
        None,
    ),
];

/// Streets that are on no map: English, Chinese.
pub(super) const STREETS: [(&str, &str); 8] = [
    ("Made-up Road", "虛構道"),
    ("Sample Street", "示例街"),
    ("Lantern Lane", "燈籠里"),
    ("Quayside Terrace", "堤岸臺"),
    ("Sailcloth Avenue", "帆布大道"),
    ("Banyan Path", "榕樹徑"),
    ("Typhoon Street", "颱風街"),
    ("Egret Road", "白鷺路"),
];
