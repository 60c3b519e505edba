#include "guard/redact/redact_words.h"

#include <string.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "guard/redact/redact_fold.h"
#include "guard/redact/rule.h"

#define FIRST_WITHOUT_CASE 0x590u /* Hebrew; Latin, Greek, Cyrillic, Armenian lie below */

const char redact_words_never[] =
    "a an the and or but nor so if then than that this these those there here it its is are was "
    "were be been am do does did has have had having he she her him his they them their we us our "
    "you your i me my who whom whose what when where which why how not no yes as at by for from in "
    "into of off on onto out over per to too up upon via with within about after before all any "
    "both each every few more most much other some such only own same can could may might must "
    "shall should will would let now new old one two three four five six seven eight nine ten "
    "first second third last next day week month year today tomorrow yesterday "
    "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri "
    "sat sun january february march april june july august september october november december "
    "jan feb mar apr jun jul aug sep sept oct nov dec mr mrs ms miss mx dr prof sir madam dame "
    "lord lady doctor professor judge president minister senator governor mayor king queen prince "
    "princess duke captain colonel general major sergeant officer father mother brother sister "
    "uncle aunt grandma grandpa son daughter mom mum dad saint dear hello hi hey thanks thank "
    "regards sincerely yours please best kind subject re name names phone email address date "
    "company limited ltd inc corp corporation llc plc gmbh group bank hospital school university "
    "college church hotel restaurant office department street road avenue lane drive north south "
    "east west city town county state country world user client customer patient person people "
    "team member manager director null none true false error test example";

const char redact_words_also[] =
    "mark bill rose grace hope faith joy art rich frank jack grant chase hunter dean drew pat "
    "sue rob nick bob don gene ray sandy summer autumn dawn eve ivy lily olive pearl ruby "
    "amber violet daisy iris heather holly ginger penny victor earnest miles wade ward reed "
    "cliff glen dale forest brook brooks river rivers stone wood woods hill hills field "
    "fields banks bush park parks marsh rain snow frost winter spring black white green brown "
    "gray grey young long short small little strong wise good knight bishop pope abbot baker "
    "butler carpenter cook cooper farmer fisher gardener mason miller porter potter shepherd "
    "taylor turner walker weaver archer page price love lamb wolf fox bird crow drake swan "
    "finch bull bell ball bond booth bridge brush burns carver case church cross curry day "
    "english french german noble north power powers rice rock root rush sharp singer sparks "
    "steel street sweet temple vale wall walls wells worth wild may june august will guy "
    "harry jay lance max mercy merit norm patience prudence rusty skip sky stew storm terry "
    "tony trip ty van vic wren ace angel basil bay blaze blue buck buddy cash chance charity "
    "cherry chip christian coral crystal destiny diamond dusty emerald flora gale harmony "
    "haven hazel honey jade jasmine jewel justice lark laurel liberty melody misty ocean opal "
    "paige paris piper precious raven reef robin sage scarlet shade shadow sunny star "
    "sterling stormy tiger trinity unique wisdom apple amazon shell target visa orange mint "
    "gap oracle meta sprint word windows office edge teams slack zoom square stripe box "
    "signal swift rust python java cloud turkey china reading bath nice mobile jersey guinea "
    "chad georgia cork deal hull sandwich superior normal independence phoenix buffalo rugby "
    "polish major general savage trump gates jobs cage ford cruise minor moody parsons rhodes "
    "speed stewart wing yard york clay cole colt dash fleet flint heath hale hardy keen lock "
    "lowe moss nash nest peck pike pool quick read sands tanner true waters west";

static bool is_in(uint32_t c, uint32_t from, uint32_t to) {
    return c >= from && c <= to;
}

/* Bytes that are no character count as letters: no border lies within them. */
static bool is_mark(uint32_t c) {
    if (c < 0x80) return !rule_is_word((char)c);
    return (c < 0xc0 && c != 0xaa && c != 0xb5 && c != 0xba) || c == 0xd7 || c == 0xf7 ||
           is_in(c, 0x2000, 0x206f) || is_in(c, 0x20a0, 0x20cf) || is_in(c, 0x2190, 0x2bff) ||
           is_in(c, 0x3000, 0x303f) || is_in(c, 0xff00, 0xff0f) || is_in(c, 0xff1a, 0xff20);
}

/* Chinese, Japanese and Korean write words without spaces, or with endings. */
static bool is_alone(uint32_t c) {
    return is_in(c, 0x3040, 0x30ff) || is_in(c, 0x3400, 0x9fff) || is_in(c, 0xac00, 0xd7af) ||
           is_in(c, 0xf900, 0xfaff) || is_in(c, 0x20000, 0x3ffff);
}

struct redact_reader redact_reader_at(const char *text, size_t from, size_t to, uint64_t seed) {
    return (struct redact_reader){
        .text = text, .len = to, .at = from, .seed = seed, .is_first = true};
}

/* White space; an empty line begins a sentence. */
static bool skip_space(struct redact_reader *r) {
    size_t n, from = r->at, n_lines = 0;
    while (r->at < r->len && redact_fold(r->text + r->at, r->len - r->at, &n) == ' ') {
        n_lines += r->text[r->at] == '\n';
        r->at += n;
    }
    if (n_lines > 1) r->is_first = true;
    return r->at > from;
}

static void read_letters(struct redact_reader *r, struct redact_word *w, uint32_t c, size_t n) {
    bool has_small = false;
    for (;;) {
        size_t at = r->at;
        bool is_capital = redact_lower(c) != c;
        if (w->n_letters + w->n_digits == 0) {
            w->has_case = c < FIRST_WITHOUT_CASE && !is_in(c, '0', '9');
            w->is_capital = is_capital;
            w->is_small = w->has_case && !is_capital;
        }
        has_small = has_small || !is_capital;
        if (is_in(c, '0', '9')) {
            w->n_digits++;
        } else {
            w->n_letters++;
        }
        w->hash = hash_u64(w->hash, redact_fold(r->text + at, r->len - at, &n));
        r->at += n;
        if (is_alone(c) || r->at == r->len) break;
        c = utf8_next(r->text + r->at, r->len - r->at, &n);
        if (is_mark(c) || is_alone(c)) break;
    }
    w->is_all_capital = !has_small;
    r->is_first = false;
}

struct redact_word redact_read_word(struct redact_reader *r) {
    struct redact_word w = {.hash = r->seed, .is_spaced = skip_space(r)};
    w.from = w.to = r->at;
    w.is_first = r->is_first;
    if (r->at == r->len) return w;
    size_t n;
    uint32_t c = utf8_next(r->text + r->at, r->len - r->at, &n);
    if (is_mark(c)) {
        w.hash = hash_u64(w.hash, redact_fold(r->text + r->at, r->len - r->at, &n));
        r->at += n;
        if (c >= 0x80 || !strchr(",;)]'%&/@_+", (int)c)) r->is_first = true;
    } else {
        read_letters(r, &w, c, n);
    }
    w.to = r->at;
    return w;
}
