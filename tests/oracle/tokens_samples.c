#include "oracle/tokens_samples.h"

#include "base/compiler.h"

#define SAMPLES(name) const struct samples samples_##name = {list_##name, BASE_COUNT(list_##name)}

static const char *const list_code[] = {
    "#include <stdio.h>",
    "int main(int argc, char **argv) { return argc > 1 ? 0 : 1; }",
    "static inline uint64_t fnv(const char *s){for(h=0xcbf29ce484222325ULL;*s;)h^=*s++;}",
    "    if (a->b[i] != 0x7F && !(flags & ~MASK)) goto out;  /* why? */",
    "def __init__(self, *args, **kwargs) -> None:",
    "    return [x**2 for x in range(1_000) if x % 3 == 0]",
    "print(f\"{name!r:>10} costs {price:.2f}€\")",
    "const f = async ({a, ...rest}) => { await fetch(`${url}/v1?x=${a}`); };",
    "let v: Vec<Option<&'static str>> = vec![None; 16];",
    "fn main() { println!(\"{:?}\", std::env::args().collect::<Vec<_>>()); }",
    "impl<'a, T: Iterator<Item = u8> + 'a> Foo<T> for Bar<'a> {}",
    "SELECT id, COUNT(*) FROM users WHERE name LIKE '%O''Brien%' GROUP BY 1;",
    "<div class=\"a b-c\" onclick='go()'>&nbsp;<br/></div><!-- end -->",
    "{\"key\": [1, 2.5e-3, null, true, \"\\u00e9\\n\"], \"b\": {}}",
    "for f in *.txt; do sed -e 's/a\\/b/c/g' \"$f\" > \"${f%.txt}.out\" || exit 1; done",
    "curl -sSL https://example.org/a/b?c=d&e=%20f#g | tar xzf - -C /tmp",
    "func (s *Server) Serve(ln net.Listener) error { for { c, err := ln.Accept() } }",
    "public static <T extends Comparable<? super T>> void sort(List<T> list) {}",
    "qsort (x:xs) = qsort [y | y <- xs, y < x] ++ [x] ++ qsort xs",
    "all: $(OBJS)\n\t@$(CC) -o $@ $^ $(LDFLAGS)",
    "@media (max-width: 600px) { .a > b::after { content: \"\\201C\"; } }",
    "template <typename... Ts> constexpr auto f(Ts&&... ts) noexcept -> decltype(auto);",
    "x = y <- 3 |> map(\\(z) z %>% filter(a >= 1 & !is.na(b)))",
    "\\begin{align} \\frac{1}{2}\\sum_{i=0}^{n} x_i^2 &= \\alpha \\\\ \\end{align}",
    "mov rax, qword ptr [rbp - 0x18] ; call _start@plt",
    "diff --git a/x b/x\n@@ -1,3 +1,4 @@\n-old\n+new",
    "import java.util.*; // TODO(me): 2038-01-19T03:14:07Z",
    "camelCaseWord XMLHttpRequest snake_case_word SCREAMING_SNAKE kebab-case v1.2.3-rc4",
    "====================",
    "// -----------------------------------------------------------",
    "}}}}]]]]))));;;;",
    "!!!???...,,,",
    "\\x00\\xff\\\\",
    "#!/usr/bin/env -S node --x",
    "<?php echo $_GET['a'] ?? \"b\"; ?>",
    "a//b/c///d",
    "{{#each items}}{{this}}{{/each}}",
};
SAMPLES(code);

static const char *const list_prose[] = {
    "Once upon a time, there was a little girl who couldn't sleep.",
    "He said: “It’s 5 o’clock — don’t you think so?” She didn't.",
    "IT'S NOT WHAT YOU'RE THINKING, WE'LL SEE, I'VE SAID",
    "Fußgängerübergänge größer als Äpfel; naïve façade, œuvre, Ångström.",
    "Příliš žluťoučký kůň úpěl ďábelské ódy.",
    "İstanbul'da ılık ığdır şişe çığ",
    "Được rồi, tôi sẽ đến đó vào buổi chiều.",
    "Þetta er ágætis byrjun ðÐ",
    "Съешь же ещё этих мягких французских булок, да выпей ЧАЮ.",
    "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία ΌΧΙ",
    "Հայերեն լեզու բարև ձեզ",
    "שלום עולם, זה טקסט בעברית עם נִקּוּד.",
    "مرحبا بالعالم، هذا نص عربيٌّ مُشَكَّل ١٢٣٤.",
    "نمی‌خواهم به خانه بروم",
    "नमस्ते दुनिया, यह हिन्दी पाठ है। १२३",
    "বাংলা ভাষায় লেখা ৪৫৬",
    "தமிழ் மொழியில் எழுதப்பட்டது",
    "తెలుగు లిపి",
    "ಕನ್ನಡ ಲಿಪಿ",
    "മലയാളം ലിപി",
    "සිංහල අකුරු",
    "ภาษาไทยไม่มีช่องว่างระหว่างคำ ๑๒๓",
    "ພາສາລາວ",
    "မြန်မာဘာသာ",
    "ភាសាខ្មែរ",
    "བོད་སྐད་",
    "ქართული ენა ᲥᲐᲠᲗᲣᲚᲘ",
    "አማርኛ ቋንቋ",
    "ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ",
    "ᐃᓄᒃᑎᑐᑦ",
    "ᠮᠣᠩᠭᠣᠯ",
    "我能吞下玻璃而不伤身体。他说：“不会吧！”",
    "私はガラスを食べられます。それは私を傷つけません。ｶﾅ",
    "나는 유리를 먹을 수 있어요. 그래도 아프지 않아요",
    "각간갇 (jamo)",
    "𐐔𐐯𐑅𐐨𐑉𐐯𐐻 𝒜𝓁𝓅𝒽𝒶 𝟙𝟚𝟛 𠜎𠜱𡿺",
    "ＦＵＬＬ ｗｉｄｔｈ １２３！",
    "x² + y³ = ½ ⅔ Ⅷ ⅳ ①② ℃ № ℵ ∑ ∞ ≠",
    "ﬁ ﬂ ĳ ǅ ǆ Ǆ ŉ ﬀ",
    "e\u0301cole cafe\u0301 ñ n\u0303 Å A\u030a",
    "a\u00adb\u200bc\ufeffd\u2060e",
    "¿Qué? ¡Sí! «oui» „nein“ 「はい」 …‥ — – ‐ ‑",
    "price: $1,234.56 £99 ¥100 €5 ₹20 ₿1 ¢",
    "v\u0338 \u0644\u0627 \u202eRTL\u202c \u2066iso\u2069",
    "ZA̡͊͠͝LGỌ!̫̤̮ T̰̊E̶X̷T̸",
    "\ue000\uf8ff private \U0010fffd",
    "www.example.com, me@example.org; C:\\Windows\\x.exe",
};
SAMPLES(prose);

static const char *const list_class[] = {
    "a",      "b",      "s",      "t",      "S",        "A",        "Z",      "é",      "É",
    "ß",      "я",      "Я",      "ǅ",      "ʰ",        "ª",        "中",     "ا",      "ー",
    "\u0301", "\u0903", "\u20dd", "\u0e31", "1",        "42",       "000",    "٣",      "½",
    "²",      "Ⅷ",      "〇",     "一",     " ",        " ",        "  ",     "\t",     "\n",
    "\r",     "\r\n",   "\v",     "\f",     "\xc2\x85", "\xc2\xa0", "\u2003", "\u3000", "\u2028",
    "\u200b", "'",      "'s",     "'LL",    "'v",       "’",        "\"",     "!",      ".",
    "/",      "//",     "_",      "-",      "$",        "+",        "=",      "^",      "~",
    "|",      "<",      "(",      "。",     "…",        "€",        "😀",      "\u200d", "\ufe0f",
    "\u2581", "\ufffd", "\x7f",   "\x1b",   "\ue000",   "ſ",        "\u212a", "the",    "The",
    "ing",    "ñ",      "Σ",      "ς",      "𝒜",        "𝓪",        "\u0378", "\u00ad", "İ",
};
SAMPLES(class);

static const char *const list_emoji[] = {
    "😀",
    "👍🏽",
    "👩‍👩‍👧‍👦",
    "🏳️‍🌈",
    "🇩🇪",
    "🇫🇷🇯🇵",
    "1️⃣",
    "#️⃣",
    "❤️",
    "❤",
    "☺️",
    "👨🏿‍💻",
    "🏴󠁧󠁢󠁳󠁣󠁴󠁿",
    "🫠",
    "🧑‍🚀",
    "✊🏻",
    "⚕️",
    "♂️",
    "🤷🏾‍♀️",
    "🎉🎉",
    "©️",
    "™",
    "🀄",
    "🃏",
    "⏰",
    "☎",
    "𓂀",
    "➡️",
    "↔︎",
    "🅰️",
    "🈳",
    "㊗️",
    "🇽",
    "🏻",
    "🫱🏻‍🫲🏿",
};
SAMPLES(emoji);

static const char *const list_joiner[] = {
    "\u200d",     "\u200d\u200d", "\ufe0f",     "\ufe0e", "\u20e3",
    "\U0001f3fb", "\u200c",       "\u2060",     " ",      "\U000e0067",
    "\U000e007f", "\U000e0100",   "\U0001f1e6", "!",
};
SAMPLES(joiner);

static const char *const list_space[] = {
    " ",        " ",        "\n",     "\t",     "\r\n",   "\r",     "\v",     "\f",
    "\xc2\x85", "\xc2\xa0", "\u1680", "\u2000", "\u2003", "\u2009", "\u200a", "\u2028",
    "\u2029",   "\u202f",   "\u205f", "\u3000", "\u180e", "\u200b", "\ufeff", "\u2581",
};
SAMPLES(space);

static const char *const list_number[] = {
    "",  " ", ",", ".",  "-", "+", "e", "x", "0x", "%",    "/",  "th", "\n", "  ", "_", ":",
    "½", "¾", "²", "³¹", "Ⅻ", "ⅷ", "①", "⑳", "㉈", "㊿",   "〇", "三", "億", "৴",  "௰", "፲",
    "᛭", "ᛮ", "𐄇", "𐅀",  "𐏑", "𒐀", "𝍠", "🄁", "ↈ",  "𞱱", "༳",  "❶",  "₉",  "a",  "'", "\t",
};
SAMPLES(number);

static const char *const list_contraction[] = {
    "s",   "S",   "t",   "T",  "d",  "D", "m",  "M",  "re", "RE", "Re",  "rE", "ve", "VE", "Ve",
    "vE",  "ll",  "LL",  "Ll", "lL", "ſ", "rſ", "r",  "v",  "l",  "R",   "V",  "L",  "sa", "Sx",
    "rex", "LLL", "ved", "x",  "1",  "",  " ",  "'s", "\n", "é",  "tis", "tS", "dT", "mM", "em",
};
SAMPLES(contraction);

static const char *const list_control[] = {
    "<s>",
    "</s>",
    "<unk>",
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|end|>",
    "<|user|>",
    "<|assistant|>",
    "<|eot_id|>",
    "<bos>",
    "<eos>",
    "<pad>",
    "<start_of_turn>",
    "<turn|>",
    "<|tool>",
    "<fim_prefix>",
    "<|begin_of_text|>",
    "<0x0A>",
    "<0x00>",
    "<|<|end|>|>",
    "<s><s>",
    "</s></s>",
    "<|end|> \n\t x",
    "<|im_start",
    "<|",
    "|>",
    "<|end|",
    "< |end|>",
    "<unused0>",
    "[multimodal]",
    "<|placeholder1|>",
    "<reponame>",
    "<jupyter_code>",
    "<|user|>\v\f\r\n a",
    "<|end|>\u00a0",
};
SAMPLES(control);

const uint32_t samples_zero[] = {
    0x660,   0x6f0,   0x7c0,   0x966,   0x9e6,   0xa66,   0xae6,   0xb66,   0xbe6,   0xc66,
    0xce6,   0xd66,   0xde6,   0xe50,   0xed0,   0xf20,   0x1040,  0x1090,  0x17e0,  0x1810,
    0x1946,  0x19d0,  0x1a80,  0x1b50,  0x1bb0,  0x1c40,  0xa620,  0xa8d0,  0xa900,  0xaa50,
    0xabf0,  0xff10,  0x104a0, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x114d0, 0x11650, 0x118e0,
    0x16a60, 0x1d7ce, 0x1d7d8, 0x1e140, 0x1e950, 0x1fbf0, 0x2080,  0x2460,  0x3021,
};
const size_t samples_n_zero = BASE_COUNT(samples_zero);

#define BYTES(s)                                                                                   \
    { s, sizeof(s) - 1 }

const struct sample_bytes samples_ill_formed[] = {
    BYTES("\x80"), /* lone continuation bytes */
    BYTES("\xbf\xbf"),
    BYTES("\xc3"), /* truncated */
    BYTES("\xe2\x82"),
    BYTES("\xe2"),
    BYTES("\xf0\x9f\x98"),
    BYTES("\xf0\x9f"),
    BYTES("\xf0"),
    BYTES("\xc3\xc3\xa9"), /* truncated by a character */
    BYTES("\xe4\xb8\xe4\xb8\xad"),
    BYTES("\xf0\x9f\x98 "),
    BYTES("\xc0\x80"), /* overlong */
    BYTES("\xc1\xbf"),
    BYTES("\xe0\x80\xaf"),
    BYTES("\xe0\x9f\xbf"),
    BYTES("\xf0\x80\x80\xa0"),
    BYTES("\xf0\x8f\xbf\xbf"),
    BYTES("\xed\xa0\x80"), /* surrogates */
    BYTES("\xed\xbf\xbf"),
    BYTES("\xed\xa0\xbd\xed\xb8\x80"), /* a pair of them */
    BYTES("\xf4\x90\x80\x80"),         /* past the last character */
    BYTES("\xf5\x80\x80\x80"),
    BYTES("\xf7\xbf\xbf\xbf"),
    BYTES("\xf8\x88\x80\x80\x80"), /* lead bytes of no character */
    BYTES("\xfc\x84\x80\x80\x80\x80"),
    BYTES("\xfe"),
    BYTES("\xff"),
    BYTES("\xff\xff\xff"),
    BYTES("\0"),
    BYTES("a\0b"),
    BYTES("\0\0 \0"),
};
const size_t samples_n_ill_formed = BASE_COUNT(samples_ill_formed);
