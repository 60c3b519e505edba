#include "support/toy_machine.h"

#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"

#define N_RANDOM 24

struct toy {
    struct machine base;
    uint16_t random[N_RANDOM][256]; /* TOY_RANDOM; [0] is dead */
    bool random_accepts[N_RANDOM];
};

static struct toy *of(struct machine *m) {
    return (struct toy *)(void *)m;
}

static void release(struct machine *m) {
    mem_free(m);
}

static void compact(struct machine *m, machine_state *live) {
    (void)m;
    (void)live;
}

static size_t size(const struct machine *m) {
    (void)m;
    return 0;
}

/* ---- letters: one state ---- */

static machine_state letters_step(struct machine *m, machine_state state, uint8_t byte) {
    (void)m;
    return byte >= 'a' && byte <= 'z' ? state : MACHINE_DEAD;
}

static bool letters_accepts(struct machine *m, machine_state state) {
    (void)m;
    return state != MACHINE_DEAD;
}

static int letters_finish(struct machine *m, machine_state state) {
    (void)m;
    (void)state;
    return -1;
}

/* ---- brackets: 1 = nothing yet, 2 = closed, 2 + depth ---- */

static machine_state brackets_step(struct machine *m, machine_state state, uint8_t byte) {
    (void)m;
    if (byte == '(') return state == 1 ? 3 : state + 1;
    if (byte == ')') return state > 2 ? state - 1 : MACHINE_DEAD;
    return state > 2 && byte >= 'a' && byte <= 'z' ? state : MACHINE_DEAD;
}

static bool brackets_accepts(struct machine *m, machine_state state) {
    (void)m;
    return state == 2;
}

static int brackets_finish(struct machine *m, machine_state state) {
    (void)m;
    return state == 1 ? '(' : state == 2 ? -1 : ')';
}

/* ---- words: which one (all that have begun alike) and how far: 1 + 64 * word + place ---- */

static const char *const words[] = {"yes", "no", "hello, world", "(the thing)", "the\nend"};
#define N_WORDS (sizeof words / sizeof words[0])

static machine_state words_step(struct machine *m, machine_state state, uint8_t byte) {
    (void)m;
    size_t word = (state - 1) / 64, at = (state - 1) % 64;
    for (size_t i = 0; i < N_WORDS; i++) {
        bool fits = at == 0 || i == word;
        if (fits && at < strlen(words[i]) && (uint8_t)words[i][at] == byte) {
            return (machine_state)(1 + 64 * i + at + 1);
        }
    }
    return MACHINE_DEAD;
}

static bool words_accepts(struct machine *m, machine_state state) {
    (void)m;
    size_t at = (state - 1) % 64;
    return at > 0 && at == strlen(words[(state - 1) / 64]);
}

static int words_finish(struct machine *m, machine_state state) {
    if (words_accepts(m, state)) return -1;
    return (uint8_t)words[(state - 1) / 64][(state - 1) % 64];
}

/* ---- a text with control tokens in it: how far ---- */

static const char control_text[] = "call\xff<|256|>\xfe"
                                   "ab\xff<|256|>\xfe";
#define CONTROL_LEN (sizeof control_text - 1)

static machine_state control_step(struct machine *m, machine_state state, uint8_t byte) {
    (void)m;
    if (state > CONTROL_LEN || (uint8_t)control_text[state - 1] != byte) return MACHINE_DEAD;
    return state + 1;
}

static bool control_accepts(struct machine *m, machine_state state) {
    (void)m;
    return state == CONTROL_LEN + 1;
}

static int control_finish(struct machine *m, machine_state state) {
    return control_accepts(m, state) ? -1 : (uint8_t)control_text[state - 1];
}

/* ---- random edges ---- */

static machine_state random_step(struct machine *m, machine_state state, uint8_t byte) {
    return of(m)->random[state][byte];
}

static bool random_accepts(struct machine *m, machine_state state) {
    return of(m)->random_accepts[state];
}

static void fill_random(struct toy *t, uint64_t seed) {
    struct rng rng;
    rng_init(&rng, seed);
    for (int state = 1; state < N_RANDOM; state++) {
        t->random_accepts[state] = rng_below(&rng, 4) == 0;
        uint32_t alive = rng_below(&rng, 100); /* percent of the bytes that lead on */
        for (int byte = 0; byte < 256; byte++) {
            bool leads_on = rng_below(&rng, 100) < alive;
            t->random[state][byte] = leads_on ? (uint16_t)(1 + rng_below(&rng, N_RANDOM - 1)) : 0;
        }
    }
}

/* ---- strings: outside and inside. state = 1 + inside + 64 * (left + 64 * outside) ----
 * outside: 2 * strings so far + whether one has just ended; inside 0: between strings. The last
 * string has at most 40 characters, `left` more of them; elsewhere left is 63. */

enum inside {
    NOT_INSIDE,
    START, /* the string has just begun */
    N,
    NA,
    NAN,
    NANA, /* "nana" or "nab" so far */
    BODY,
    TAIL1, /* continuation bytes to come */
    TAIL2,
    TAIL3,
    AFTER_E0,
    AFTER_ED,
    AFTER_F0,
    AFTER_F4,
    ESCAPE,
    DEAD
};
#define STRINGS_MAX 4
#define LEFT_MAX 63
#define LAST_LEN 40

static enum inside first_byte(uint8_t byte) {
    if (byte < 0x20) return DEAD;
    if (byte == '\\') return ESCAPE;
    if (byte < 0x80) return BODY;
    if (byte < 0xc2 || byte > 0xf4) return DEAD;
    if (byte < 0xe0) return TAIL1;
    if (byte == 0xe0) return AFTER_E0;
    if (byte == 0xed) return AFTER_ED;
    if (byte < 0xf0) return TAIL2;
    return byte == 0xf0 ? AFTER_F0 : byte == 0xf4 ? AFTER_F4 : TAIL3;
}

static enum inside tail(uint8_t byte, int low, int high, enum inside next) {
    return byte >= low && byte <= high ? next : DEAD;
}

/* Of a byte that does not end the string. */
static enum inside go_on(enum inside at, uint8_t byte) {
    switch (at) {
    case START:
        return byte == 'n' ? N : first_byte(byte);
    case N:
        return byte == 'a' ? NA : first_byte(byte);
    case NA:
        return byte == 'n' ? NAN : byte == 'b' ? NANA : first_byte(byte);
    case NAN:
        return byte == 'a' ? NANA : first_byte(byte);
    case TAIL1:
        return tail(byte, 0x80, 0xbf, BODY);
    case TAIL2:
        return tail(byte, 0x80, 0xbf, TAIL1);
    case TAIL3:
        return tail(byte, 0x80, 0xbf, TAIL2);
    case AFTER_E0:
        return tail(byte, 0xa0, 0xbf, TAIL1);
    case AFTER_ED:
        return tail(byte, 0x80, 0x9f, TAIL1);
    case AFTER_F0:
        return tail(byte, 0x90, 0xbf, TAIL2);
    case AFTER_F4:
        return tail(byte, 0x80, 0x8f, TAIL2);
    case ESCAPE:
        return strchr("\"\\/bfnrt", byte) && byte ? BODY : DEAD;
    default:
        return first_byte(byte);
    }
}

static bool begins_character(enum inside at) {
    return at >= START && at <= BODY;
}

static machine_state pack(unsigned outside, unsigned left, enum inside at) {
    return 1 + (machine_state)at + 64 * (left + 64 * outside);
}

static machine_state strings_step(struct machine *m, machine_state state, uint8_t byte) {
    (void)m;
    enum inside at = (enum inside)((state - 1) % 64);
    unsigned left = (state - 1) / 64 % 64, outside = (state - 1) / 4096;
    if (at == NOT_INSIDE) {
        bool ended = outside % 2;
        bool is_last = outside / 2 >= STRINGS_MAX;
        if (byte == ',' && ended && !is_last) return pack(outside - 1, LEFT_MAX, NOT_INSIDE);
        if (byte != '"' || ended) return MACHINE_DEAD;
        return pack(outside, outside / 2 == STRINGS_MAX - 1 ? LAST_LEN : LEFT_MAX, START);
    }
    if (byte == '"' && begins_character(at)) {
        /* A name ends the list: nothing follows. */
        unsigned next = at == NANA ? 2 * STRINGS_MAX + 1 : outside + 3;
        return next > 2 * STRINGS_MAX + 1 ? MACHINE_DEAD : pack(next, LEFT_MAX, NOT_INSIDE);
    }
    enum inside next = go_on(at, byte);
    if (next == DEAD || (begins_character(at) && left == 0)) return MACHINE_DEAD;
    if (begins_character(at) && left < LEFT_MAX) left--;
    return pack(outside, left, next);
}

static bool strings_accepts(struct machine *m, machine_state state) {
    (void)m;
    return (state - 1) % 64 == NOT_INSIDE && (state - 1) / 4096 % 2;
}

static int strings_finish(struct machine *m, machine_state state) {
    if (strings_accepts(m, state)) return -1;
    switch ((state - 1) % 64) {
    case TAIL1:
    case TAIL2:
    case TAIL3:
    case AFTER_ED:
    case AFTER_F4:
        return 0x80;
    case AFTER_E0:
    case AFTER_F0:
        return 0xa0;
    case ESCAPE:
        return 'n';
    default:
        return '"';
    }
}

static uint64_t strings_lexeme(struct machine *m, machine_state state) {
    (void)m;
    unsigned at = (state - 1) % 64, left = (state - 1) / 64 % 64;
    if (at == NOT_INSIDE) return 0;
    return 2 + at + 64 * (left < LEXER_FAR ? left : LEXER_FAR);
}

static uint64_t strings_lex(struct machine *m, uint64_t key, uint8_t byte) {
    (void)m;
    enum inside at = (enum inside)((key - 2) % 64);
    uint64_t left = (key - 2) / 64;
    if (byte == '"' && begins_character(at)) return LEXER_EXIT;
    enum inside next = go_on(at, byte);
    if (next == DEAD || (begins_character(at) && left == 0)) return LEXER_DEAD;
    if (begins_character(at) && left < LEXER_FAR) left--;
    return 2 + next + 64 * left;
}

/* ---- */

static bool strings_may_follow(struct machine *m, uint64_t key, uint8_t byte) {
    (void)m;
    (void)key;
    return byte == ',';
}

#define TOY(name) .step = name##_step, .accepts = name##_accepts, .finish = name##_finish
#define REST .compact = compact, .size = size, .release = release

static const struct machine_ops toy_ops[TOY_KINDS] = {
    [TOY_LETTERS] = {TOY(letters), REST},
    [TOY_BRACKETS] = {TOY(brackets), REST},
    [TOY_WORDS] = {TOY(words), REST},
    [TOY_RANDOM] = {.step = random_step, .accepts = random_accepts, .finish = letters_finish, REST},
    [TOY_STRINGS] = {TOY(strings), .lexeme = strings_lexeme, .lex = strings_lex,
                     .may_follow = strings_may_follow, .ends_by_exit = true, REST},
    [TOY_CONTROL] = {TOY(control), REST},
};

struct machine *toy_machine_new(enum toy_kind kind, uint64_t seed) {
    struct toy *t = mem_calloc(1, sizeof *t);
    if (!t) return NULL;
    t->base = (struct machine){.ops = &toy_ops[kind],
                               .start = kind == TOY_STRINGS ? pack(0, LEFT_MAX, NOT_INSIDE) : 1};
    if (kind == TOY_RANDOM) fill_random(t, seed);
    return &t->base;
}
