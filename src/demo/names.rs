//! What people are called: in their papers, and what they call themselves on a phone.

use super::chance::Chance;

/// A family name as it is written, and as people spell it in Latin letters.
pub(super) type Surname = (&'static str, &'static str);

/// How often each family name is in ten thousand people of Taiwan (Ministry of the Interior, rounded).
const SURNAMES: &[(Surname, usize)] = &[
    (("陳", "chen"), 1114),
    (("林", "lin"), 828),
    (("黃", "huang"), 602),
    (("張", "chang"), 526),
    (("李", "lee"), 512),
    (("王", "wang"), 411),
    (("吳", "wu"), 402),
    (("劉", "liu"), 317),
    (("蔡", "tsai"), 291),
    (("楊", "yang"), 266),
    (("許", "hsu"), 232),
    (("鄭", "cheng"), 189),
    (("謝", "hsieh"), 177),
    (("洪", "hung"), 151),
    (("郭", "kuo"), 150),
    (("邱", "chiu"), 147),
    (("曾", "tseng"), 145),
    (("廖", "liao"), 136),
    (("賴", "lai"), 134),
    (("徐", "hsu"), 131),
    (("周", "chou"), 123),
    (("葉", "yeh"), 118),
    (("蘇", "su"), 114),
    (("莊", "chuang"), 96),
    (("呂", "lu"), 92),
    (("江", "chiang"), 91),
    (("何", "ho"), 89),
    (("蕭", "hsiao"), 80),
    (("羅", "lo"), 79),
    (("高", "kao"), 78),
    (("潘", "pan"), 66),
    (("簡", "chien"), 64),
    (("朱", "chu"), 62),
    (("鍾", "chung"), 60),
    (("游", "yu"), 57),
    (("彭", "peng"), 57),
    (("詹", "chan"), 56),
    (("胡", "hu"), 52),
    (("施", "shih"), 51),
    (("沈", "shen"), 50),
    (("余", "yu"), 46),
    (("盧", "lu"), 45),
    (("梁", "liang"), 41),
    (("趙", "chao"), 40),
    (("顏", "yen"), 39),
    (("柯", "ko"), 38),
    (("翁", "weng"), 37),
    (("魏", "wei"), 35),
    (("孫", "sun"), 34),
    (("戴", "tai"), 31),
    (("范", "fan"), 28),
    (("方", "fang"), 27),
    (("宋", "sung"), 26),
    (("鄧", "teng"), 21),
    (("杜", "tu"), 20),
    (("傅", "fu"), 19),
    (("侯", "hou"), 19),
    (("曹", "tsao"), 17),
    (("薛", "hsueh"), 17),
    (("丁", "ting"), 16),
    (("卓", "cho"), 15),
    (("馬", "ma"), 14),
    (("阮", "juan"), 13),
    (("董", "tung"), 13),
    (("唐", "tang"), 12),
    (("歐陽", "ouyang"), 1),
];

/// Given names by the years in which they were in fashion: women and men born until 1975, until 1987,
/// until 1997, and later.
const GIVEN: [[&str; 4]; 2] = [
    [
        "淑芬 淑惠 美玲 雅惠 麗華 淑娟 麗玲 秀玲 美惠 淑貞 惠玲 玉玲 淑華 美華 素珍 秀英 麗珠 惠美 玉珍 瓊如",
        "雅婷 怡君 雅雯 怡婷 佳蓉 雅玲 佩君 淑媛 欣怡 佳玲 婉婷 靜怡 惠雯 郁婷 佩珊 怡伶 雅琪 詩婷 慧君 宜君 姿吟 美君 嘉玲 筱君 思穎 怡如",
        "佳穎 詩涵 郁涵 雅筑 宜蓁 佩蓉 鈺婷 欣儀 思妤 珮瑜 筱涵 子涵 惟萱 家瑜 依婷 映彤 品蓉 怡萱 婕妤 若涵 宛蓉 彥伶 羽柔 芷瑄",
        "品妤 宥蓁 詠晴 子晴 芷晴 羽彤 語彤 苡安 可馨 采潔 昀蓁 沛妤 恩綺 以薰 妍希 禹彤",
    ],
    [
        "志明 建國 俊雄 文雄 志偉 明哲 國華 文彬 俊宏 志宏 建志 榮華 世昌 正雄 明輝",
        "俊傑 建宏 家豪 志豪 冠宇 信宏 宗翰 彥廷 俊賢 柏翰 智偉 偉倫 政達 家銘 子軒 彥宏 士傑 嘉偉 凱文 宜霖",
        "冠廷 承翰 柏宇 宇軒 冠霖 彥廷 承恩 哲瑋 威廷 品翰 奕安 子豪 昱廷 家維 柏均 育誠 峻豪 佑丞",
        "宥翔 承恩 品睿 宇恩 柏睿 睿恩 冠宇 子睿 博宇 奕廷 禹辰",
    ],
];

const ENGLISH: [&str; 2] = [
    "Tina Amy Vivian Joyce Peggy Cindy Grace Emily Ivy Jessica Claire Winnie Mandy Sandy Irene Yvonne Kelly Sophia Annie \
     Zoe Mia Fiona Nicole Rita Doris Candy Stella Joanna Eva Phoebe Tiffany Olivia Sharon Judy Celine Michelle",
    "Kevin Jason Eric Allen Andy Ken Leo Ryan Tony Jerry Vincent Sam David Alex Frank Ian Steven Gary Wilson Justin \
     Marcus Howard Ray Jack",
];

/// What people put beside their names.
const EMOJI: &[&str] = &[
    "🌸", "🌿", "✨", "🍀", "🐱", "☁️", "🌙", "🐻", "💛", "🍓", "🌷", "🦋", "🐶", "🫧", "☀️", "🎀", "🍵", "🐰", "🤍",
    "🌊",
];
const CHILDREN: &[&str] =
    &["安安", "小米", "豆豆", "樂樂", "果果", "糖糖", "小寶", "妞妞", "恩恩", "多多", "圓圓", "芽芽"];
const PHRASES: &[&str] = &[
    "慢慢來",
    "貓奴日常",
    "今天也要喝咖啡",
    "一個人的旅行",
    "小日子",
    "不吃香菜",
    "週末去哪",
    "半糖去冰",
    "養貓的人",
    "在路上",
    "Sunny Day",
    "wanderer",
    "．",
    "早睡早起",
    "植物系女子",
    "阿嬤的柑仔店",
    "週五的晚上",
    "等風來",
];

/// What somebody is called.
#[derive(Clone)]
pub(super) struct Name {
    pub(super) surname: Surname,
    pub(super) given: &'static str,
    /// The name used at work and in mail addresses.
    pub(super) english: &'static str,
    man: bool,
}

impl Name {
    /// A likely name for a woman or a man born in that year.
    pub(super) fn invent(chance: &mut Chance, man: bool, born: i32) -> Self {
        let fashion = match born {
            ..=1975 => 0,
            1976..=1987 => 1,
            1988..=1997 => 2,
            1998.. => 3,
        };
        let surname = *chance.weighted(SURNAMES);
        let given = word(chance, GIVEN[usize::from(man)][fashion]);
        Self { surname, given, english: word(chance, ENGLISH[usize::from(man)]), man }
    }

    /// As in the papers: 陳雅婷.
    pub(super) fn full(&self) -> String {
        format!("{}{}", self.surname.0, self.given)
    }

    /// What the person is called on a chat: what the shop sees, and what the name parameter becomes.
    pub(super) fn display(&self, chance: &mut Chance) -> String {
        let last = self.given.chars().last().unwrap_or('美');
        let short = if self.man && chance.hit(500) { format!("阿{last}") } else { format!("小{last}") };
        let double = if self.man { short.clone() } else { format!("{last}{last}") };
        let emoji = *chance.pick(EMOJI);
        let english = self.english;
        match chance.below(100) {
            0..=29 => self.full(),
            30..=44 => self.given.to_owned(),
            45..=52 => double,
            53..=58 => short,
            59..=68 => english.to_owned(),
            69..=73 => format!("{english} {}", capital(self.surname.1)),
            74..=77 => format!("{english} {}", self.surname.0),
            78..=82 => format!("{}{emoji}", self.full()),
            83..=88 => format!("{double}{emoji}"),
            89..=90 => format!("{emoji}{}{emoji}", self.given),
            91..=92 => format!("{english}{emoji}"),
            93..=94 if !self.man => format!("{}媽咪", chance.pick(CHILDREN)),
            95 => format!("{}爸", chance.pick(CHILDREN)).replace('爸', if self.man { "爸" } else { "媽" }),
            96 => format!("{}（{english}）", self.full()),
            97..=98 => (*chance.pick(PHRASES)).to_owned(),
            _ => english.to_lowercase(),
        }
    }

    /// The part of a mail address before the @, without a guarantee that nobody else has it.
    pub(super) fn mailbox(&self, chance: &mut Chance, born: i32) -> String {
        let (english, surname) = (self.english.to_lowercase(), self.surname.1);
        let year = born % 100;
        match chance.below(6) {
            0 => format!("{english}.{surname}"),
            1 => format!("{english}{surname}{year:02}"),
            2 => format!("{surname}.{english}{:02}{:02}", chance.between(1, 12), chance.between(1, 28)),
            3 => format!("{english}{}", chance.between(100, 9999)),
            4 => format!("{english}_{surname}"),
            _ => format!("{surname}{english}{born}"),
        }
    }
}

/// A name in Latin letters with its first letter large.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}

fn word(chance: &mut Chance, list: &'static str) -> &'static str {
    let words: Vec<&str> = list.split_whitespace().collect();
    words[chance.below(words.len())]
}
