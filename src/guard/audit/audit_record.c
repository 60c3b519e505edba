/* One record: written in one form, and read only in that form. A reader that took two spellings of
 * the same record would let one be changed into the other. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/clock.h"
#include "guard/audit/audit_internal.h"
#include "guard/audit/audit_text.h"

static const char zeros[AUDIT_HASH_SIZE];

static const struct {
    const char *name;
    bool is_synced;
} kinds[AUDIT_N_KINDS] = {
#define AUDIT_KIND_ROW(code, name, is_synced, text) {name, is_synced},
    AUDIT_KIND_MAP(AUDIT_KIND_ROW)
#undef AUDIT_KIND_ROW
};

bool audit_is_kind(const struct audit_record *r, enum audit_kind kind) {
    return strcmp(r->kind, kinds[kind].name) == 0;
}

bool audit_kind_is_synced(enum audit_kind kind) {
    return kinds[kind].is_synced;
}

/* ---- when ---- */

static bool is_boot(char c) {
    return ascii_is_digit(c) || (c >= 'a' && c <= 'f') || c == '-';
}

static void read_boot(char out[40]) {
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, out, 36);
    if (fd >= 0) close(fd);
    bool is_id = n == 36;
    for (int i = 0; i < 36 && is_id; i++) is_id = is_boot(out[i]);
    if (!is_id) memcpy(out, "unknown", sizeof "unknown");
    if (is_id) out[36] = '\0';
}

void audit_moment_now(struct audit_moment *out) {
    struct timespec up;
    clock_gettime(CLOCK_BOOTTIME, &up);
    out->time_ns = clock_date_ns();
    out->up_ms = (uint64_t)up.tv_sec * 1000 + (uint64_t)up.tv_nsec / 1000000;
    read_boot(out->boot);
}

/* Clocks may be set to anything; years have four digits here all the same. */
static void put_time(char out[32], int64_t time_ns) {
    static const int64_t first = -62135596800, last = 253402300799; /* years 1 to 9999 */
    int64_t s = time_ns / 1000000000, us = time_ns % 1000000000 / 1000;
    if (us < 0) {
        s--;
        us += 1000000;
    }
    time_t t = (time_t)(s < first ? first : s > last ? last : s);
    struct tm tm = {0};
    if (!gmtime_r(&t, &tm)) tm = (struct tm){.tm_mday = 1};
    snprintf(out, 32, "%04u-%02u-%02uT%02u:%02u:%02u.%06uZ", (unsigned)(tm.tm_year + 1900) % 10000u,
             (unsigned)(tm.tm_mon + 1) % 100u, (unsigned)tm.tm_mday % 100u,
             (unsigned)tm.tm_hour % 100u, (unsigned)tm.tm_min % 100u, (unsigned)tm.tm_sec % 100u,
             (unsigned)us % 1000000u);
}

/* ---- writing ---- */

struct line {
    char *data;
    size_t size;
    bool is_full;
};

static void add(struct line *l, const char *text, size_t size) {
    if (l->is_full || size > AUDIT_LINE_MAX - 1 - l->size) {
        l->is_full = true;
        return;
    }
    memcpy(l->data + l->size, text, size);
    l->size += size;
}

static void add_str(struct line *l, const char *text) {
    add(l, text, strlen(text));
}

static void add_number(struct line *l, uint64_t number) {
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRIu64, number);
    add_str(l, digits);
}

static void add_hex(struct line *l, const uint8_t *bytes, size_t size) {
    char text[AUDIT_HEX_TEXT];
    audit_put_hex(text, bytes, size);
    add_str(l, "\"");
    add_str(l, text);
    add_str(l, "\"");
}

static bool is_word(char c) {
    return ascii_is_letter(c) || ascii_is_digit(c) || (c && strchr(" .:+-_", c));
}

static bool is_name(const char *name) {
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz_");
    return n > 0 && n <= 24 && !name[n];
}

static bool add_value(struct line *l, const struct audit_field *f, const struct vault_key *salt) {
    uint8_t digest[AUDIT_HASH_SIZE];
    const char *words = f->data;
    switch (f->type) {
    case AUDIT_WORDS:
        for (size_t i = 0; words[i]; i++) {
            if (i == AUDIT_WORDS_MAX || !is_word(words[i])) return false;
        }
        add_str(l, "\"");
        add_str(l, words);
        add_str(l, "\"");
        return true;
    case AUDIT_NUMBER:
        add_number(l, f->number);
        return true;
    case AUDIT_FLAG:
        add_str(l, f->number ? "true" : "false");
        return true;
    case AUDIT_HEX:
        if (f->size == 0 || f->size > AUDIT_HEX_MAX) return false;
        add_hex(l, f->data, f->size);
        return true;
    case AUDIT_DIGEST:
        vault_key_hash(digest, salt, f->name, strlen(f->name), f->data, f->size);
        add_hex(l, digest, sizeof digest);
        return true;
    }
    return false;
}

static ingle_status add_fields(struct line *l, const struct audit_field *fields, size_t n,
                               const struct vault_key *salt, ingle_error *err) {
    if (n > AUDIT_FIELDS_MAX) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "A record of the audit log has %zu fields.",
                          n);
    }
    for (size_t i = 0; i < n; i++) {
        add_str(l, i ? ",\"" : "\"");
        add_str(l, fields[i].name);
        add_str(l, "\":");
        if (!is_name(fields[i].name) || !add_value(l, &fields[i], salt)) {
            return status_set(err, INGLE_BAD_ARGUMENT, 0,
                              "The field '%.30s' is not of a kind that the audit log takes.",
                              fields[i].name);
        }
    }
    return INGLE_OK;
}

static void add_head(struct line *l, const struct audit_moment *now, enum audit_kind kind,
                     uint64_t seq) {
    char time[32];
    put_time(time, now->time_ns);
    add_str(l, "{\"seq\":");
    add_number(l, seq);
    add_str(l, ",\"time\":\"");
    add_str(l, time);
    add_str(l, "\",\"boot\":\"");
    add_str(l, now->boot);
    add_str(l, "\",\"up\":");
    add_number(l, now->up_ms);
    add_str(l, ",\"pid\":");
    add_number(l, (uint64_t)getpid());
    add_str(l, ",\"kind\":\"");
    add_str(l, kinds[kind].name);
    add_str(l, "\",\"fields\":{");
}

ingle_status audit_record_write(char line[AUDIT_LINE_MAX], size_t *size,
                                uint8_t hash[AUDIT_HASH_SIZE], const struct audit_moment *now,
                                enum audit_kind kind, const struct audit_field *fields, size_t n,
                                const struct audit_mark *prev, const struct vault_key *salt,
                                ingle_error *err) {
    struct line l = {.data = line};
    *size = 0;
    add_head(&l, now, kind, prev->seq + 1);
    INGLE_TRY(add_fields(&l, fields, n, salt, err));
    add_str(&l, "},\"prev\":");
    add_hex(&l, prev->hash, AUDIT_HASH_SIZE);
    if (!l.is_full) crypt_sha256(hash, line, l.size);
    add_str(&l, ",\"hash\":");
    add_hex(&l, hash, AUDIT_HASH_SIZE);
    add_str(&l, "}\n");
    if (l.is_full) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "A record of the audit log is longer than %d bytes.", AUDIT_LINE_MAX);
    }
    *size = l.size;
    return INGLE_OK;
}

/* ---- reading ---- */

/* Characters up to the next quote, which is taken too; cap counts the NUL. */
static bool take_words(struct audit_cursor *c, char *out, size_t cap) {
    size_t n = 0;
    while (c->at + n < c->end && c->at[n] != '"') {
        if (n + 1 == cap || !is_word(c->at[n])) return false;
        if (out) out[n] = c->at[n];
        n++;
    }
    if (out) out[n] = '\0';
    c->at += n;
    return audit_take(c, "\"");
}

static bool take_time(struct audit_cursor *c, char out[32]) {
    static const char form[] = "0000-00-00T00:00:00.000000Z";
    size_t n = sizeof form - 1;
    if ((size_t)(c->end - c->at) < n) return false;
    for (size_t i = 0; i < n; i++) {
        bool fits = form[i] == '0' ? ascii_is_digit(c->at[i]) : c->at[i] == form[i];
        if (!fits) return false;
    }
    memcpy(out, c->at, n);
    out[n] = '\0';
    c->at += n;
    return audit_take(c, "\"");
}

static bool take_value(struct audit_cursor *c) {
    uint64_t number;
    if (audit_take(c, "true") || audit_take(c, "false")) return true;
    if (audit_take(c, "\"")) return take_words(c, NULL, AUDIT_HEX_TEXT);
    return audit_take_number(c, &number);
}

static bool take_fields(struct audit_cursor *c, struct audit_record *r) {
    char name[32];
    r->fields = c->at;
    if (!audit_take(c, "{")) return false;
    for (int n = 0; !audit_take(c, "}"); n++) {
        if (n == AUDIT_FIELDS_MAX || (n > 0 && !audit_take(c, ","))) return false;
        if (!audit_take(c, "\"") || !take_words(c, name, sizeof name) || !is_name(name))
            return false;
        if (!audit_take(c, ":") || !take_value(c)) return false;
    }
    r->fields_size = (size_t)(c->at - r->fields);
    return true;
}

enum audit_rule audit_record_read(struct audit_record *out, const char *line, size_t size) {
    struct audit_cursor c = {line, line + size};
    struct audit_record r = {.line = line, .line_size = size};
    uint8_t hash[AUDIT_HASH_SIZE];
    *out = r;
    bool ok = size < AUDIT_LINE_MAX && audit_take(&c, "{\"seq\":") &&
              audit_take_number(&c, &r.seq) && audit_take(&c, ",\"time\":\"") &&
              take_time(&c, r.time) && audit_take(&c, ",\"boot\":\"") &&
              take_words(&c, r.boot, sizeof r.boot) && audit_take(&c, ",\"up\":") &&
              audit_take_number(&c, &r.up_ms) && audit_take(&c, ",\"pid\":") &&
              audit_take_number(&c, &r.pid) && audit_take(&c, ",\"kind\":\"") &&
              take_words(&c, r.kind, sizeof r.kind) && is_name(r.kind) &&
              audit_take(&c, ",\"fields\":") && take_fields(&c, &r) &&
              audit_take(&c, ",\"prev\":") && audit_take_hash(&c, r.prev);
    const char *hashed_end = c.at;
    ok = ok && audit_take(&c, ",\"hash\":") && audit_take_hash(&c, r.hash) && audit_take(&c, "}") &&
         c.at == c.end;
    if (!ok) return AUDIT_RULE_FORM;
    *out = r;
    crypt_sha256(hash, line, (size_t)(hashed_end - line));
    return memcmp(hash, r.hash, sizeof hash) == 0 ? AUDIT_RULE_NONE : AUDIT_RULE_HASH;
}

/* At the value of a field. The form was checked: names stand between quotes, values hold none. */
static bool find_field(struct audit_cursor *c, const struct audit_record *r, const char *name) {
    char key[40];
    int n = snprintf(key, sizeof key, "\"%s\":", name);
    *c = (struct audit_cursor){r->fields, r->fields + r->fields_size};
    for (; c->at < c->end; c->at++) {
        bool begins = c->at > r->fields && (c->at[-1] == '{' || c->at[-1] == ',');
        if (begins && c->end - c->at > n && audit_take(c, key)) return true;
    }
    return false;
}

bool audit_field_hex(uint8_t *out, const struct audit_record *r, const char *name, size_t size) {
    struct audit_cursor c;
    return find_field(&c, r, name) && audit_take(&c, "\"") && (size_t)(c.end - c.at) > 2 * size &&
           audit_get_hex(out, c.at, size) && c.at[2 * size] == '"';
}

bool audit_field_number(uint64_t *out, const struct audit_record *r, const char *name) {
    struct audit_cursor c;
    return find_field(&c, r, name) && audit_take_number(&c, out);
}

/* ---- the chain ---- */

size_t audit_checkpoint_text(char out[AUDIT_SIGNED_MAX], const struct audit_mark *prev) {
    char hash[2 * AUDIT_HASH_SIZE + 1];
    audit_put_hex(hash, prev->hash, AUDIT_HASH_SIZE);
    return (size_t)snprintf(out, AUDIT_SIGNED_MAX, "ingle %d %" PRIu64 " %s", AUDIT_FORMAT,
                            prev->seq, hash);
}

static enum audit_rule check_start(const struct audit_record *r, uint8_t *key) {
    uint64_t format;
    bool ok = audit_is_kind(r, AUDIT_START) && audit_field_number(&format, r, "format") &&
              format == AUDIT_FORMAT && audit_field_hex(key, r, "key", CRYPT_PUBLIC_SIZE);
    return ok ? AUDIT_RULE_NONE : AUDIT_RULE_START;
}

static enum audit_rule check_signature(const struct audit_record *r, const struct audit_mark *prev,
                                       const uint8_t *key) {
    uint8_t signature[CRYPT_SIGNATURE_SIZE];
    char text[AUDIT_SIGNED_MAX];
    size_t n = audit_checkpoint_text(text, prev);
    bool ok = audit_field_hex(signature, r, "sig", sizeof signature) &&
              crypt_sign_check(signature, key, text, n);
    return ok ? AUDIT_RULE_NONE : AUDIT_RULE_SIGNATURE;
}

/* A gap leaves out the numbers that it names, and no others. */
static bool is_next(const struct audit_record *r, const struct audit_mark *prev) {
    uint64_t from, to;
    if (!audit_is_kind(r, AUDIT_GAP)) return r->seq == prev->seq + 1;
    return audit_field_number(&from, r, "from") && audit_field_number(&to, r, "to") &&
           from == prev->seq + 1 && to >= from && r->seq == to + 1;
}

enum audit_rule audit_record_follows(const struct audit_record *r, const struct audit_mark *prev,
                                     uint8_t key[CRYPT_PUBLIC_SIZE]) {
    if (memcmp(r->prev, prev->seq ? (const char *)prev->hash : zeros, AUDIT_HASH_SIZE) != 0) {
        return AUDIT_RULE_CHAIN;
    }
    if (!is_next(r, prev)) return AUDIT_RULE_SEQUENCE;
    if (prev->seq == 0) return check_start(r, key);
    if (audit_is_kind(r, AUDIT_START)) return AUDIT_RULE_START;
    if (audit_is_kind(r, AUDIT_CHECKPOINT)) return check_signature(r, prev, key);
    return AUDIT_RULE_NONE;
}
