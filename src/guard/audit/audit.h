/* The audit log: what happened on this machine, in an order that nobody can change unnoticed. Never
 * what was said: of contents it keeps salted digests and sizes.
 *
 * A folder (0700) with four files (0600):
 *
 *     audit.log    one record a line, only ever appended to
 *     audit.head   which record is the last one, signed: two copies, written by turns
 *     vault.key    32 random bytes, from which the signing key and the salt are derived
 *     torn-N       an unfinished record that a crash left after record N, moved aside
 *
 * A record is a line of JSON in one exact form, so that any tool can read it, and check it with
 * SHA-256 alone:
 *
 *     {"seq":7,"time":"2026-11-27T09:30:00.123456Z","boot":"<uuid>","up":81234567,"pid":4242,
 *      "kind":"load","fields":{"size":91234304,"name":"<64 hex>"},"prev":"<64 hex>","hash":"<64
 * hex>"}
 *
 * "hash" is the SHA-256 of all that stands before `,"hash"`; "prev" is the hash of the record
 * before (zeros in the first), so that each record fixes all before it. "up" counts milliseconds
 * since the machine was started: clocks that are set change "time" alone, and "seq" is the order.
 * Record 1 has the public key; a "checkpoint" has its Ed25519 signature of all that comes before.
 *
 * What is synced (docs/decisions/audit.md): a record whose kind must be on the disk is, when the
 * call returns. The others are given to the kernel: they survive the end of the process, however it
 * comes, and a power cut may take the last ones. Then the head tells so, and the next record says
 * which are missing ("gap"); their numbers are never used again. */
#ifndef INGLE_GUARD_AUDIT_AUDIT_H
#define INGLE_GUARD_AUDIT_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* X(code, name in the log, must be on the disk when the call returns, meaning) */
#define AUDIT_KIND_MAP(X)                                                                          \
    X(START, "start", true, "the log begins")                                                      \
    X(CHECKPOINT, "checkpoint", false, "a signature of all before")                                \
    X(GAP, "gap", true, "records lost when the machine went down")                                 \
    X(TORN, "torn", true, "an unfinished record was moved aside")                                  \
    X(LOAD, "load", false, "a model was opened")                                                   \
    X(SEAL, "seal", false, "a process was sealed, or could not be")                                \
    X(PROVE, "prove", false, "the seal was tried")                                                 \
    X(UNSEALED, "unsealed", true, "a process was started without its seal")                        \
    X(HANDOFF, "handoff", true, "approved words left this machine")                                \
    X(REFUSAL, "refusal", false, "something was refused")                                          \
    X(CONFIG, "config", true, "a setting was changed")                                             \
    X(VAULT, "vault", true, "the vault was turned on or off, or forgot")                           \
    X(CRASH, "crash", false, "a worker ended by itself")                                           \
    X(QUARANTINE, "quarantine", true, "a model is not opened any more")                            \
    X(LISTEN, "listen", true, "a service can be asked from now on")                                \
    X(SERVED, "served", false, "a service ended")

enum audit_kind {
#define AUDIT_KIND_ENUM(code, name, is_synced, text) AUDIT_##code,
    AUDIT_KIND_MAP(AUDIT_KIND_ENUM)
#undef AUDIT_KIND_ENUM
        AUDIT_N_KINDS
};

/* ---- writing ---- */

#define AUDIT_WORDS_MAX 64
#define AUDIT_HEX_MAX 64
#define AUDIT_FIELDS_MAX 12

enum audit_type {
    AUDIT_WORDS,  /* words of the program: letters, digits, space . : + - _; so no path, no text */
    AUDIT_NUMBER, /* */
    AUDIT_FLAG,   /* */
    AUDIT_HEX,    /* bytes that tell nothing: a hash of public bytes, a key */
    AUDIT_DIGEST  /* anything: a salted hash of it is written, which tells only who has the salt and
                     guesses right */
};

struct audit_field {
    const char *name; /* a to z and _ */
    enum audit_type type;
    const void *data; /* of WORDS (with a NUL), HEX, DIGEST */
    size_t size;      /* of HEX (AUDIT_HEX_MAX at most), DIGEST */
    uint64_t number;  /* of NUMBER, FLAG */
};

#define AUDIT_FIELD_WORDS(key, text)                                                               \
    { .name = (key), .type = AUDIT_WORDS, .data = (text) }
#define AUDIT_FIELD_NUMBER(key, value)                                                             \
    { .name = (key), .type = AUDIT_NUMBER, .number = (value) }
#define AUDIT_FIELD_FLAG(key, value)                                                               \
    { .name = (key), .type = AUDIT_FLAG, .number = (value) }
#define AUDIT_FIELD_HEX(key, bytes, count)                                                         \
    { .name = (key), .type = AUDIT_HEX, .data = (bytes), .size = (count) }
#define AUDIT_FIELD_DIGEST(key, bytes, count)                                                      \
    { .name = (key), .type = AUDIT_DIGEST, .data = (bytes), .size = (count) }

struct audit; /* one session of one process; any number of processes at once; not for fork() */

/* Folder, key and log are made on first use. UNSUPPORTED in a build without libsodium; REFUSED if
 * others can look into the folder. Writes no record. */
BASE_NODISCARD ingle_status audit_open(struct audit **out, const char *folder, ingle_error *err);

/* OK only if the record is in the log, and on the disk if its kind must be. BAD_ARGUMENT for a
 * field that breaks the rules above; INVALID if the end of the log was changed from outside, and
 * then nothing is written any more; LIMIT for a full disk, or if another process holds the log for
 * longer than two seconds. */
BASE_NODISCARD ingle_status audit_write(struct audit *log, enum audit_kind kind,
                                        const struct audit_field *fields, size_t n,
                                        ingle_error *err);

/* Ends with a checkpoint if this session has written anything. Frees log in any case; NULL is
 * fine. */
BASE_NODISCARD ingle_status audit_close(struct audit *log, ingle_error *err);

/* ---- the head ---- */

#define AUDIT_HASH_SIZE 32

/* A record, and with it all before it: who keeps this somewhere else can tell later whether the log
 * was cut, or put back to an older state. */
struct audit_mark {
    uint64_t seq; /* 0: before the first record */
    uint8_t hash[AUDIT_HASH_SIZE];
};

/* The last record as the head tells it; NOT_FOUND if there is no log. */
BASE_NODISCARD ingle_status audit_head(struct audit_mark *out, const char *folder,
                                       ingle_error *err);

/* A hash as people see it: 64 hex digits. False for anything else. */
#define AUDIT_HASH_TEXT (2 * AUDIT_HASH_SIZE + 1)
void audit_hash_print(char out[AUDIT_HASH_TEXT], const uint8_t hash[AUDIT_HASH_SIZE]);
BASE_NODISCARD bool audit_hash_read(uint8_t out[AUDIT_HASH_SIZE], const char *text);

/* ---- reading ---- */

struct audit_record {
    uint64_t seq;
    char time[32]; /* UTC, ISO 8601 */
    char boot[40]; /* which start of the machine */
    uint64_t up_ms;
    uint64_t pid;
    char kind[16];
    const char *fields; /* JSON object; borrowed */
    size_t fields_size;
    uint8_t prev[AUDIT_HASH_SIZE], hash[AUDIT_HASH_SIZE];
    const char *line; /* the whole of it without the newline; borrowed */
    size_t line_size;
};

/* What a record or the log can break. */
#define AUDIT_RULE_MAP(X)                                                                          \
    X(NONE, "nothing")                                                                             \
    X(FORM, "a record has exactly the form of the format")                                         \
    X(HASH, "a record's hash is that of its content")                                              \
    X(CHAIN, "a record holds the hash of the record before it")                                    \
    X(SEQUENCE, "records are numbered one after the other")                                        \
    X(START, "the first record, and no other, begins the log and has its key")                     \
    X(SIGNATURE, "a checkpoint is signed with the key of the log")                                 \
    X(KEY, "the key of the log is the one in its folder")                                          \
    X(END, "the log ends with a whole record")                                                     \
    X(NO_HEAD, "the head of the log is there, whole and signed with its key")                      \
    X(CUT, "the log reaches as far as its head says")                                              \
    X(HEAD, "the record that the head names has the hash that it names")                           \
    X(NOTED, "the log contains the record that was noted earlier")

enum audit_rule {
#define AUDIT_RULE_ENUM(code, text) AUDIT_RULE_##code,
    AUDIT_RULE_MAP(AUDIT_RULE_ENUM)
#undef AUDIT_RULE_ENUM
        AUDIT_N_RULES
};
const char *audit_rule_text(enum audit_rule rule);

struct audit_report {
    enum audit_rule rule; /* the first that is broken; NONE = the log is as it was written */
    uint64_t bad_seq;     /* the first record that breaks it; for CUT the first that is missing */
    uint64_t bad_offset;  /* where it begins in the file */
    uint64_t n_records;   /* good ones before that */
    uint64_t n_checkpoints;
    uint64_t n_lost;        /* by power cuts, as the log itself and its head tell */
    uint64_t n_unsigned;    /* after the last checkpoint; the head vouches for them */
    struct audit_mark last; /* the last good record */
    uint8_t key[32];        /* the public key that the log names */
    bool is_anchored;       /* a noted record was given and found */
};

/* Borrowed during the call. False: enough. */
typedef bool (*audit_record_fn)(const struct audit_record *record, void *user);

/* Goes through the log of a folder, or through an exported one if `path` is a file. Each good
 * record is given to on_record (may be NULL). noted (may be NULL): a hash that must be among them.
 * OK as far as all could be read, whatever the report says; NOT_FOUND if there is no log. */
BASE_NODISCARD ingle_status audit_verify(struct audit_report *out, const char *path,
                                         const uint8_t *noted, audit_record_fn on_record,
                                         void *user, ingle_error *err);

/* The log with its key and head as one JSON text, for others: audit_verify() reads it, and so does
 * any tool. Given to `write` in pieces; false from there ends it with FAILED. */
BASE_NODISCARD ingle_status audit_export(const char *folder,
                                         bool (*write)(const void *data, size_t size, void *user),
                                         void *user, ingle_error *err);

/* The salted digest that the log of this folder has of these bytes in a field of this name, to look
 * for it. */
BASE_NODISCARD ingle_status audit_digest(uint8_t out[AUDIT_HASH_SIZE], const char *folder,
                                         const char *field, const void *data, size_t size,
                                         ingle_error *err);

#endif
