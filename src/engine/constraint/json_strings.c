#include "engine/constraint/json_strings.h"

#include "base/ascii.h"
#include "base/compiler.h"
#include "engine/text/unicode.h"

#define N_STAGE_SHIFT 24
#define HIGH_SHIFT 12
#define DIGITS 0xfffu

static uint32_t stage_of(const struct json_spot *spot) {
    return spot->escape >> N_STAGE_SHIFT;
}

static uint32_t make_escape(uint32_t stage, uint32_t high, uint32_t digits) {
    return stage << N_STAGE_SHIFT | high << HIGH_SHIFT | digits;
}

static uint32_t high_of(const struct json_spot *spot) {
    return spot->escape >> HIGH_SHIFT & 0x3ff;
}

struct json_spot json_spot_start(const struct json_texts *texts) {
    return (struct json_spot){.state = texts->dfa ? texts->dfa->start : 0};
}

/* Characters so far, plus one. */
static uint32_t count_after(const struct json_texts *x, uint32_t count) {
    return x->max == SHAPE_NO_MAX && count >= x->min ? count : count + 1;
}

static bool keep(const struct json_asker *asker, struct json_spot *spot, uint8_t byte) {
    if (!asker->keeps_content) return true;
    spot->content = json_values_add(asker->values, JSON_TEXT, spot->content, byte);
    asker->search->failed |= spot->content == JSON_VALUES_FAILED;
    return !asker->search->failed;
}

/* A byte of the text itself. */
static bool feed(const struct json_asker *asker, struct json_spot *spot, uint8_t byte) {
    const struct json_texts *x = asker->texts;
    if (x->dfa) {
        spot->state = dfa_step(x->dfa, spot->state, byte);
        return (x->states[spot->state].reach & asker->kinds) && keep(asker, spot, byte);
    }
    if (spot->escape == UTF8_BETWEEN) {
        if (spot->state == x->max) return false;
        spot->state = count_after(x, spot->state);
    }
    spot->escape = utf8_place_after((enum utf8_place)spot->escape, byte);
    return spot->escape != UTF8_BROKEN && keep(asker, spot, byte);
}

static bool feed_char(const struct json_asker *asker, struct json_spot *spot, uint32_t cp) {
    uint8_t bytes[4];
    size_t n = unicode_encode(cp, bytes);
    spot->escape = 0;
    for (size_t i = 0; i < n; i++) {
        if (!feed(asker, spot, bytes[i])) return false;
    }
    return true;
}

static bool may_end(const struct json_asker *asker, const struct json_spot *spot) {
    const struct json_texts *x = asker->texts;
    const struct json_filter *filter = asker->filter;
    if (spot->escape) return false;
    if (x->dfa ? !(x->states[spot->state].accepts & asker->kinds) : spot->state < x->min) {
        return false;
    }
    return !filter ||
           filter->is_free(filter->user, x->dfa ? x->dfa->labels[spot->state] : 1, spot->content);
}

/* Without an automaton and where all characters are there: is the text free, or one that the
 * character begun may make of it? */
static bool last_exists(const struct json_asker *asker, const struct json_spot *spot) {
    if (!spot->escape) return may_end(asker, spot);
    for (uint32_t byte = 0x80; byte < 0xc0; byte++) { /* depth <= 4 */
        struct json_spot next = *spot;
        if (feed(asker, &next, (uint8_t)byte) && last_exists(asker, &next)) return true;
    }
    return false;
}

/* Without an automaton: as long as a character may come, one of the million is taken to be free. */
static bool text_exists(const struct json_asker *asker, const struct json_spot *spot) {
    const struct json_texts *x = asker->texts;
    int byte;
    if (!x->dfa) return !asker->filter || spot->state < x->max || last_exists(asker, spot);
    const struct json_texts_state *state = &x->states[spot->state];
    if (!asker->filter) return (state->reach & asker->kinds) != 0;
    if (state->infinite & asker->kinds) return true;
    return json_text_search(asker, spot->state, spot->content, UINT32_MAX, &byte);
}

/* Looking through the characters of a range for one after which a text is reached: any, or the one
 * with the shortest text behind it. */
struct char_search {
    const struct json_asker *asker;
    uint32_t low, high;
    bool wants_least;
    uint32_t cp, left; /* found; left UINT32_MAX: none */
};

static uint32_t shortest(const struct json_asker *asker, const struct json_spot *spot);

static void try_char(struct char_search *s, const struct json_spot *spot, uint32_t cp) {
    if (!text_exists(s->asker, spot)) return;
    uint32_t left = s->wants_least ? shortest(s->asker, spot) : 0;
    if (left >= s->left) return;
    s->left = left;
    s->cp = cp;
}

/* spot: after the first bytes of a character, n_more are to come; cp: their bits. */
static void try_chars(struct char_search *s, const struct json_spot *spot, uint32_t cp,
                      int n_more) { /* depth <= 4 */
    uint32_t first = cp << (6 * n_more), last = first + ((1u << (6 * n_more)) - 1);
    if (first > s->high || last < s->low) return;
    if (n_more == 0) {
        try_char(s, spot, cp);
        return;
    }
    if (!s->asker->filter && !s->wants_least && first >= s->low && last <= s->high) {
        s->left = 0; /* the automaton has no dead ends */
        return;
    }
    for (uint32_t bits = 0; bits < 64 && (s->left || s->wants_least); bits++) {
        struct json_spot next = *spot;
        if (!feed(s->asker, &next, (uint8_t)(0x80 | bits))) continue;
        if (s->wants_least && json_texts_left(s->asker->texts, next.state, s->asker->kinds) -
                                      (uint32_t)(n_more - 1) >=
                                  s->left) {
            continue;
        }
        try_chars(s, &next, cp << 6 | bits, n_more - 1);
    }
}

static void search_range(struct char_search *s, const struct json_spot *from, uint32_t low,
                         uint32_t high) {
    if (low > high) return;
    s->low = low;
    s->high = high;
    for (uint32_t byte = 0; byte < 0xf5 && (s->left || s->wants_least); byte++) {
        int n_more = byte < 0x80 ? 0 : byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
        uint32_t cp = byte < 0x80 ? byte : byte & (0x3fu >> n_more);
        if (byte >= 0x80 && byte < 0xc2) continue;
        if (cp << (6 * n_more) > high || (cp + 1) << (6 * n_more) <= low) continue;
        struct json_spot next = *from;
        next.escape = 0;
        if (feed(s->asker, &next, (uint8_t)byte)) try_chars(s, &next, cp, n_more);
    }
}

static uint32_t greater(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}

static uint32_t lesser(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

struct char_range {
    uint32_t low, high;
};

static int add_range(struct char_range *ranges, int n, uint32_t low, uint32_t high) {
    if (low > high) return n;
    ranges[n] = (struct char_range){low, high};
    return n + 1;
}

/* All characters that the escape so far may come to be; how many ranges, 0 to 3. */
static int escape_ranges(struct char_range *ranges, const struct json_spot *spot) {
    uint32_t stage = stage_of(spot), digits = spot->escape & DIGITS;
    if (stage == JSON_ESCAPE_BEGUN) stage = JSON_ESCAPE_HEX;
    bool is_first = stage < JSON_ESCAPE_PAIR;
    int n_more = 4; /* digits */
    if (is_first) n_more = JSON_ESCAPE_PAIR - (int)stage;
    if (stage > JSON_ESCAPE_LOW) n_more = JSON_ESCAPE_LOW + 4 - (int)stage;
    uint32_t low = digits << (4 * n_more), high = low + ((1u << (4 * n_more)) - 1);
    if (!is_first) {
        uint32_t base = 0x10000 + (high_of(spot) << 10);
        low = greater(low, 0xdc00);
        high = lesser(high, 0xdfff);
        return low > high ? 0 : add_range(ranges, 0, base + low - 0xdc00, base + high - 0xdc00);
    }
    int n = add_range(ranges, 0, low, lesser(high, 0xd7ff));
    n = add_range(ranges, n, greater(low, 0xe000), high);
    low = greater(low, 0xd800);
    high = lesser(high, 0xdbff);
    if (low > high) return n;
    return add_range(ranges, n, 0x10000 + ((low - 0xd800) << 10),
                     0x10000 + ((high - 0xd800) << 10) + 0x3ff);
}

/* Any character will do here, for sure. */
static bool is_indifferent(const struct json_asker *asker, const struct json_spot *spot) {
    const struct json_texts *x = asker->texts;
    if (!x->dfa) return spot->state < x->max && (!asker->filter || spot->state + 1 < x->max);
    const struct json_texts_state *state = &x->states[spot->state];
    return state->is_free == 1 + UTF8_BETWEEN && (state->always & asker->kinds);
}

bool json_spot_is_alive(const struct json_asker *asker, const struct json_spot *spot) {
    const struct json_texts *x = asker->texts;
    uint32_t stage = stage_of(spot);
    if (stage == JSON_ESCAPE_NONE) return text_exists(asker, spot);
    if (stage == JSON_ESCAPE_BEGUN && x->dfa && !asker->filter) {
        return (x->states[spot->state].begins & asker->kinds) != 0;
    }
    if (!x->dfa && spot->state == x->max) return false;
    struct char_range ranges[3];
    int n = escape_ranges(ranges, spot);
    if (is_indifferent(asker, spot)) return n > 0;
    struct char_search s = {.asker = asker, .left = UINT32_MAX};
    for (int i = 0; i < n && s.left; i++) search_range(&s, spot, ranges[i].low, ranges[i].high);
    return s.left != UINT32_MAX;
}

static const char escape_names[] = "\"\\/bfnrt", escape_values[] = "\"\\/\b\f\n\r\t";

/* A digit of an escape; with the last one it is a character, or half of one. */
static bool step_hex(const struct json_asker *asker, struct json_spot *spot, uint8_t byte) {
    uint32_t stage = stage_of(spot), digits = spot->escape & DIGITS;
    int digit = ascii_hex_value((char)byte);
    if (digit < 0) return false;
    uint32_t value = digits << 4 | (uint32_t)digit;
    if (stage != JSON_ESCAPE_HEX + 3 && stage != JSON_ESCAPE_LOW + 3) {
        spot->escape = make_escape(stage + 1, high_of(spot), value);
        return true;
    }
    if (stage == JSON_ESCAPE_LOW + 3) {
        if (value < 0xdc00 || value > 0xdfff) return false;
        return feed_char(asker, spot, 0x10000 + (high_of(spot) << 10) + (value - 0xdc00));
    }
    if (value >= 0xdc00 && value <= 0xdfff) return false;
    if (value < 0xd800 || value > 0xdbff) return feed_char(asker, spot, value);
    spot->escape = make_escape(JSON_ESCAPE_PAIR, value - 0xd800, 0);
    return true;
}

static bool step_escape(const struct json_asker *asker, struct json_spot *spot, uint8_t byte) {
    uint32_t stage = stage_of(spot);
    if (stage == JSON_ESCAPE_PAIR || stage == JSON_ESCAPE_PAIR_U) {
        spot->escape = make_escape(stage + 1, high_of(spot), 0);
        return byte == (stage == JSON_ESCAPE_PAIR ? '\\' : 'u');
    }
    if (stage != JSON_ESCAPE_BEGUN) return step_hex(asker, spot, byte);
    if (byte == 'u') {
        spot->escape = make_escape(JSON_ESCAPE_HEX, 0, 0);
        return true;
    }
    for (int i = 0; escape_names[i]; i++) {
        if (escape_names[i] == (char)byte) {
            return feed_char(asker, spot, (uint8_t)escape_values[i]);
        }
    }
    return false;
}

enum json_spot_end json_spot_step(const struct json_asker *asker, struct json_spot *spot,
                                  uint8_t byte) {
    if (stage_of(spot) != JSON_ESCAPE_NONE) {
        if (!step_escape(asker, spot, byte)) return JSON_SPOT_DEAD;
    } else if (byte == '"') {
        return may_end(asker, spot) ? JSON_SPOT_END : JSON_SPOT_DEAD;
    } else if (byte == '\\') {
        if (spot->escape) return JSON_SPOT_DEAD;
        spot->escape = make_escape(JSON_ESCAPE_BEGUN, 0, 0);
    } else {
        if (byte < 0x20 || !feed(asker, spot, byte)) return JSON_SPOT_DEAD;
        if (asker->texts->dfa && !asker->filter) return JSON_SPOT_INSIDE; /* feed() knows */
    }
    return json_spot_is_alive(asker, spot) ? JSON_SPOT_INSIDE : JSON_SPOT_DEAD;
}

/* Bytes of the text, not as it is spelled, up to the nearest one. */
static uint32_t shortest(const struct json_asker *asker, const struct json_spot *spot) {
    const struct json_texts *x = asker->texts;
    int byte;
    if (!x->dfa) return spot->state < x->min ? x->min - spot->state : 0;
    uint32_t left = json_texts_left(x, spot->state, asker->kinds);
    if (!asker->filter || left == UINT32_MAX) return left;
    while (!json_text_search(asker, spot->state, spot->content, left, &byte)) {
        if (asker->search->failed) return left;
        left++;
    }
    return left;
}

/* Each byte of a text takes six at most. */
static struct json_spot_way make_way(uint32_t byte, uint32_t n_more, uint32_t left) {
    uint64_t all = (uint64_t)left * 6 + 1 + n_more;
    return (struct json_spot_way){.byte = (uint8_t)byte,
                                  .left = all < UINT32_MAX ? (uint32_t)all : UINT32_MAX};
}

/* Without an automaton, and where texts are taken: 'a' again and again, in the end a character with
 * which the text is free. */
static struct json_spot_way finish_free(const struct json_asker *asker, struct json_spot spot) {
    const struct json_texts *x = asker->texts;
    uint32_t first = 'a', n = 0;
    while (spot.state < x->max && !asker->search->failed) {
        bool is_last = x->max != SHAPE_NO_MAX && spot.state + 1 == x->max;
        uint32_t end = is_last ? 0x10ffff : 'z';
        n++;
        for (uint32_t cp = is_last ? 0x23 : 'a'; cp <= end && spot.state + 1 >= x->min; cp++) {
            struct json_spot next = spot;
            if (cp == '\\' || (cp >= 0xd800 && cp < 0xe000)) continue;
            if (!feed_char(asker, &next, cp) || !may_end(asker, &next)) continue;
            uint8_t bytes[4];
            (void)unicode_encode(n == 1 ? cp : first, bytes);
            return make_way(bytes[0], 0, n);
        }
        if (!feed_char(asker, &spot, 'a')) break;
    }
    return make_way('a', 0, n);
}

/* How to write the text byte that is to come. */
static struct json_spot_way spell(uint32_t byte, uint32_t left) {
    bool is_plain = byte >= 0x20 && byte != '"' && byte != '\\';
    return make_way(is_plain ? byte : '\\', 0, left);
}

static struct json_spot_way finish_plain(const struct json_asker *asker,
                                         const struct json_spot *spot) {
    const struct json_texts *x = asker->texts;
    if (may_end(asker, spot)) return make_way('"', 0, 0);
    if (!x->dfa && spot->escape) { /* within a character */
        static const uint8_t bytes[] = {[UTF8_AFTER_E0] = 0xa0, [UTF8_AFTER_F0] = 0x90};
        uint8_t byte =
            spot->escape < sizeof bytes && bytes[spot->escape] ? bytes[spot->escape] : 0x80;
        return make_way(byte, 3 * (spot->escape != UTF8_1), shortest(asker, spot));
    }
    if (!x->dfa && asker->filter) return finish_free(asker, *spot);
    uint32_t left = shortest(asker, spot);
    if (!x->dfa) return make_way('a', 0, left);
    int byte = 0;
    (void)json_text_search(asker, spot->state, spot->content, left, &byte);
    return spell((uint32_t)byte, left);
}

/* The next byte of a character in an escape. */
static struct json_spot_way spell_escape(const struct json_spot *spot, uint32_t cp, uint32_t left) {
    static const char hex[] = "0123456789abcdef";
    uint32_t stage = stage_of(spot);
    uint32_t tail = cp > 0xffff ? 6 : 0; /* of the other half */
    if (stage == JSON_ESCAPE_BEGUN) {
        for (int i = 0; escape_names[i]; i++) {
            if ((uint8_t)escape_values[i] == cp) {
                return make_way((uint8_t)escape_names[i], 1, left);
            }
        }
        return make_way('u', 5 + tail, left);
    }
    if (stage == JSON_ESCAPE_PAIR) return make_way('\\', 6, left);
    if (stage == JSON_ESCAPE_PAIR_U) return make_way('u', 5, left);
    bool is_low = stage >= JSON_ESCAPE_LOW;
    uint32_t half = cp;
    if (cp > 0xffff) half = is_low ? 0xdc00 + (cp & 0x3ff) : 0xd800 + ((cp - 0x10000) >> 10);
    uint32_t n_more = 4 - (stage - (is_low ? JSON_ESCAPE_LOW : JSON_ESCAPE_HEX));
    return make_way((uint8_t)hex[half >> (4 * (n_more - 1)) & 15], n_more + (is_low ? 0 : tail),
                    left);
}

struct json_spot_way json_spot_finish(const struct json_asker *asker,
                                      const struct json_spot *spot) {
    if (stage_of(spot) == JSON_ESCAPE_NONE) return finish_plain(asker, spot);
    struct char_range ranges[3] = {{0}};
    struct char_search s = {.asker = asker, .left = UINT32_MAX};
    int n = escape_ranges(ranges, spot);
    if (!asker->texts->dfa) {
        s.wants_least = asker->filter && !is_indifferent(asker, spot);
        s.cp = ranges[0].low;
        s.left = shortest(asker, spot);
        if (!s.wants_least) return spell_escape(spot, s.cp, s.left);
        s.wants_least = false;
        s.left = UINT32_MAX;
    } else {
        s.wants_least = true;
    }
    for (int i = 0; i < n && (s.left || s.wants_least); i++) {
        search_range(&s, spot, ranges[i].low, ranges[i].high);
    }
    return spell_escape(spot, s.cp, s.left);
}
