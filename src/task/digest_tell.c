/* A group in a line or two: the sentences that tell most, word for word. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "task/digest_internal.h"
#include "task/sentences.h"

enum {
    MAX_NOTES = 48,      /* of a group, looked at closely */
    MAX_SENTENCES = 256, /* of these */
    MAX_COMMON = 1024    /* slots of the words that several share; a power of two */
};

struct pick {
    const struct digest_note *note;
    size_t order; /* of arrival */
};

/* The heavier first, then the newer. */
static int compare_picks(const void *a, const void *b) {
    const struct pick *x = a, *y = b;
    int wx = x->note->facts.weight, wy = y->note->facts.weight;
    if (wx != wy) return wx > wy ? -1 : 1;
    return x->order > y->order ? -1 : x->order < y->order;
}

size_t digest_pick(const struct digest_state *d, size_t g, const struct digest_note **out,
                   size_t cap) {
    const struct digest_members *m = &d->members[g];
    struct pick picks[2 * MAX_NOTES];
    size_t n = 0;
    for (size_t i = m->n; i-- > 0;) { /* the newest first */
        const struct digest_note *note = &d->notes[m->notes[i]];
        if (note->is_merged) continue;
        picks[n++] = (struct pick){note, i};
        if (n < BASE_COUNT(picks)) continue;
        qsort(picks, n, sizeof *picks, compare_picks);
        n /= 2; /* the better half stays */
    }
    if (n == 0) return 0;
    qsort(picks, n, sizeof *picks, compare_picks);
    if (n > cap) n = cap;
    for (size_t i = 0; i < n; i++) out[i] = picks[i].note;
    return n;
}

/* A sentence that could be told. */
struct telling {
    const struct digest_note *note;
    const char *text;
    size_t len;
    size_t order, place; /* of its note among all; in its note */
    float score;
    bool is_taken;
    uint64_t words; /* a bit by the hash of each, to see how much two have in common */
};

struct teller {
    struct digest_state *d;
    struct telling *tellings;
    size_t n;
    uint8_t *common; /* how often a word, by its hash, stands in the group */
};

static bool holds_note(const char *text, size_t len) {
    return len > 11 && memmem(text, len, " not shown)", 11) != NULL;
}

static ingle_status add_sentence(struct teller *t, const struct digest_note *note, size_t rank,
                                 size_t place, const char *text, size_t len) {
    struct digest_state *d = t->d;
    size_t order = (size_t)(note - d->notes);
    if (t->n == MAX_SENTENCES) return INGLE_OK;
    struct telling *s = &t->tellings[t->n++];
    *s = (struct telling){.note = note, .text = text, .len = len, .order = order, .place = place};
    INGLE_TRY(words_split(&d->words, text, len, d->err));
    bool has_number = false;
    for (size_t i = 0; i < d->words.n; i++) {
        const struct word *word = &d->words.items[i];
        uint64_t hash = hash_bytes(0, word->folded, word->n_folded);
        has_number |= word->kind != WORD_LETTERS;
        if (word->n_folded < 3) continue;
        uint8_t *slot = &t->common[hash & (MAX_COMMON - 1)];
        if (*slot < 255) ++*slot;
        s->words |= UINT64_C(1) << (hash >> 58);
    }
    struct digest_facts facts;
    bool is_person = note->app_kind == APP_CHAT || note->app_kind == APP_PHONE;
    digest_judge(&d->rules, &d->words, text, len, note->facts.urgency, is_person, &facts);
    s->score = (float)note->facts.weight + (float)facts.weight / 4;
    if (facts.about & ~ABOUT_BIT(ABOUT_SMALL_TALK)) s->score += 2;
    if (facts.is_question) s->score += 3;
    if (has_number) s->score += 1;
    if (d->words.n >= 4 && d->words.n <= 30) s->score += 2;
    if (d->words.n < 3) s->score -= 3;
    s->score -= (float)place * 0.5f + (float)rank * 0.1f;
    return INGLE_OK;
}

/* In groups, many messengers write who says it into the body: "Mum: Dinner is at seven." Length
 * of the name there; 0 if there is none. */
static size_t name_in(const struct digest_note *note) {
    if (note->app_kind != APP_CHAT) return 0;
    size_t len = strcspn(note->body, ":.!?()/0123456789");
    return len > 0 && len <= 40 && strncmp(note->body + len, ": ", 2) == 0 ? len : 0;
}

static ingle_status add_note(struct teller *t, const struct digest_note *note, size_t rank) {
    struct sentences walk;
    struct sentence s;
    size_t place = 0, n_name = name_in(note);
    const char *body = note->body + (n_name ? n_name + 2 : 0);
    sentences_init(&walk, body, strlen(body));
    while (place < 32 && sentences_next(&walk, &s)) {
        INGLE_TRY(
            add_sentence(t, note, rank, place++, body + s.range.from, s.range.to - s.range.from));
    }
    if (place == 0 && note->title[0]) {
        return add_sentence(t, note, rank, 0, note->title, strlen(note->title));
    }
    return INGLE_OK;
}

/* What several messages speak of is what the group is about. */
static ingle_status add_common(struct teller *t) {
    struct digest_state *d = t->d;
    for (size_t i = 0; i < t->n; i++) {
        struct telling *s = &t->tellings[i];
        INGLE_TRY(words_split(&d->words, s->text, s->len, d->err));
        float shared = 0;
        for (size_t k = 0; k < d->words.n; k++) {
            const struct word *word = &d->words.items[k];
            if (word->n_folded < 4) continue;
            uint64_t hash = hash_bytes(0, word->folded, word->n_folded);
            if (t->common[hash & (MAX_COMMON - 1)] > 1) shared += 0.4f;
        }
        s->score += shared < 2 ? shared : 2;
    }
    return INGLE_OK;
}

static unsigned n_bits(uint64_t x) {
    unsigned n = 0;
    for (; x; x &= x - 1) n++;
    return n;
}

/* The best one left that says something else than those taken. */
static struct telling *next_best(struct teller *t, uint64_t told) {
    struct telling *best = NULL;
    for (size_t i = 0; i < t->n; i++) {
        struct telling *s = &t->tellings[i];
        unsigned n = n_bits(s->words);
        if (s->is_taken || (told && (n == 0 || 2 * n_bits(s->words & told) > n))) continue;
        if (!best || s->score > best->score) best = s;
    }
    return best;
}

/* ---- the line ---- */

static bool same_name(const char *a, const char *b) {
    return strcasecmp(a, b) == 0;
}

/* Who or what a sentence is of, if the head of the group does not say it already; *len is 0 then.
 */
static const char *speaker_of(const ingle_digest_group *group, const struct telling *s,
                              size_t *len) {
    const char *title = s->note->title;
    *len = s->text == title ? 0 : name_in(s->note);
    if (*len) return s->note->body;
    bool is_said = s->text == title || same_name(title, group->conversation) ||
                   same_name(title, group->app) ||
                   (group->conversation[0] &&
                    strncmp(title, group->conversation, strlen(group->conversation)) == 0);
    *len = is_said ? 0 : strlen(title);
    return title;
}

/* text[0..len) or, of a longer one, whole words of its first max bytes and an ellipsis. */
static void put_short(struct buf *out, const char *text, size_t len, size_t max) {
    if (len <= max) {
        buf_add(out, text, len);
        return;
    }
    size_t to = max;
    while (to > max / 2 && text[to] != ' ') to--;
    if (text[to] != ' ') to = max;
    while (to > 0 && ((unsigned char)text[to] & 0xc0) == 0x80) to--;
    while (to > 0 && strchr(" ,;:-", text[to - 1])) to--;
    buf_add(out, text, to);
    buf_add_str(out, "\xe2\x80\xa6");
}

static bool ends_sentence(const struct buf *out) {
    if (out->size == 0) return true;
    return strchr(".!?:;)", out->data[out->size - 1]) ||
           (out->size > 3 && memcmp(out->data + out->size - 3, "\xe2\x80\xa6", 3) == 0);
}

/* Whom a code came from: the title, if it is a name; the app. */
static const char *sender_of(const ingle_digest_group *group, const struct digest_note *note) {
    const char *title = note->title;
    bool has_letter = false;
    for (const char *c = title; *c; c++) has_letter |= (*c | 0x20) >= 'a' && (*c | 0x20) <= 'z';
    if (note->app_kind != APP_OTHER && has_letter && strlen(title) < 40 &&
        !holds_note(title, strlen(title))) {
        return title;
    }
    return group->app;
}

/* A message of a code says nothing but the code: its place is taken by a note. */
static void put_secret(struct buf *out, const ingle_digest_group *group,
                       const struct digest_note *note) {
    enum secret_kind kind = (note->secrets & (1u << SECRET_CODE)) ? SECRET_CODE : SECRET_LINK;
    const char *sender = sender_of(group, note);
    buf_addf(out, "A %s%s%s (not shown).", secret_name(kind), sender[0] ? " from " : "", sender);
}

static bool is_bare_secret(const struct telling *s) {
    return (s->note->secrets & (1u << SECRET_CODE | 1u << SECRET_LINK)) &&
           holds_note(s->text, s->len);
}

/* Its place in the group: what stands first was said first. */
static size_t place_of(const struct telling *s) {
    return s->order * 64 + s->place;
}

static void put_telling(struct buf *out, const ingle_digest_group *group, const struct telling *s,
                        const struct telling *before, size_t max) {
    if (out->size && !ends_sentence(out)) buf_add_str(out, ".");
    if (out->size) buf_add_str(out, " ");
    if (is_bare_secret(s)) {
        put_secret(out, group, s->note);
        return;
    }
    size_t n_speaker, n_last = 0;
    const char *speaker = speaker_of(group, s, &n_speaker);
    const char *last = before ? speaker_of(group, before, &n_last) : "";
    if (n_speaker && !(n_last == n_speaker && memcmp(last, speaker, n_last) == 0)) {
        put_short(out, speaker, n_speaker, 60);
        buf_add_str(out, ": ");
    }
    size_t room = max > out->size + 40 ? max - out->size : 40;
    put_short(out, s->text, s->len, room);
}

/* The best sentences, up to three that fit together, in the order in which they were said. */
static void tell(struct teller *t, const ingle_digest_group *group, size_t n_notes,
                 struct buf *out) {
    const struct telling *chosen[3];
    struct telling *s;
    uint64_t told = 0;
    size_t n = 0, size = 0, max = t->d->options.max_text, most = n_notes > 1 ? 3 : 2;
    bool told_secret = false;
    while (n < most && (s = next_best(t, told))) {
        s->is_taken = true;
        told |= s->words;
        bool is_secret = is_bare_secret(s);
        if ((is_secret && told_secret) || (n && (size + s->len + 20 > max || s->score < 0)))
            continue;
        told_secret |= is_secret;
        size += s->len;
        size_t at = n++;
        for (; at > 0 && place_of(chosen[at - 1]) > place_of(s); at--) chosen[at] = chosen[at - 1];
        chosen[at] = s;
        if (is_secret && n_notes == 1) break;
    }
    for (size_t i = 0; i < n; i++)
        put_telling(out, group, chosen[i], i ? chosen[i - 1] : NULL, max);
}

static ingle_status gather(struct teller *t, const struct digest_note *const *notes, size_t n) {
    if (!t->tellings || !t->common) return status_no_memory(t->d->err, "the digest", MAX_COMMON);
    for (size_t i = 0; i < n; i++) INGLE_TRY(add_note(t, notes[i], i));
    return add_common(t);
}

ingle_status digest_tell(struct digest_state *d, size_t g) {
    const struct digest_note *notes[MAX_NOTES];
    size_t n = digest_pick(d, g, notes, MAX_NOTES);
    struct teller t = {.d = d};
    t.tellings = mem_calloc(MAX_SENTENCES, sizeof *t.tellings);
    t.common = mem_calloc(MAX_COMMON, 1);
    struct buf out;
    buf_init(&out, 4096 + d->options.max_text * 2);
    ingle_status status = gather(&t, notes, n);
    if (status == INGLE_OK) {
        tell(&t, &d->groups[g], n, &out);
        const char *own = arena_copy(&d->arena, out.data ? out.data : "", out.size);
        if (own) d->groups[g].text = own;
        status =
            buf_failed(&out) ? status_no_memory(d->err, "the digest", out.size) : digest_check(d);
    }
    mem_free(t.tellings);
    mem_free(t.common);
    buf_clear(&out);
    return status;
}
