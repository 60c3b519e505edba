/* Any bytes as a record, as a log, as an exported log and as a head; and a good log that is then
 * changed: nothing but what was written is ever taken for good. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "fuzz/fuzz.h"
#include "guard/audit/audit_read_internal.h"

#define N_RECORDS 5
#define MAX_LOG ((size_t)1 << 14)

static const uint8_t seed[CRYPT_KEY_SIZE] = {1, 2, 3};
static uint8_t public_key[CRYPT_PUBLIC_SIZE];
static char good[MAX_LOG], slots[2 * AUDIT_SLOT];
static size_t n_good;

static void add(const struct audit_field *fields, size_t n, enum audit_kind kind,
                struct audit_mark *mark) {
    static const struct audit_moment now = {.time_ns = 1795770000000000000,
                                            .up_ms = 12345,
                                            .boot = "01234567-89ab-cdef-0123-456789abcdef"};
    char line[AUDIT_LINE_MAX];
    size_t size;
    ingle_status status =
        audit_record_write(line, &size, mark->hash, &now, kind, fields, n, mark, NULL, NULL);
    FUZZ_REQUIRE(status == INGLE_OK && n_good + size <= sizeof good);
    memcpy(good + n_good, line, size);
    n_good += size;
    mark->seq++;
}

/* A start, records, a checkpoint; and their head. */
static void make_good(void) {
    struct crypt_signer *signer;
    struct audit_head head = {.boot = "01234567-89ab-cdef-0123-456789abcdef"};
    struct audit_mark *mark = &head.last.mark;
    char text[AUDIT_SIGNED_MAX];
    uint8_t signature[CRYPT_SIGNATURE_SIZE];
    FUZZ_REQUIRE(crypt_start(NULL) == INGLE_OK);
    FUZZ_REQUIRE(crypt_signer_new(&signer, public_key, seed, NULL) == INGLE_OK);
    const struct audit_field start[] = {AUDIT_FIELD_NUMBER("format", AUDIT_FORMAT),
                                        AUDIT_FIELD_HEX("key", public_key, sizeof public_key)};
    const struct audit_field load[] = {AUDIT_FIELD_NUMBER("size", 12), AUDIT_FIELD_FLAG("ok", true),
                                       AUDIT_FIELD_WORDS("what", "a b")};
    const struct audit_field sign[] = {AUDIT_FIELD_HEX("sig", signature, sizeof signature)};
    add(start, BASE_COUNT(start), AUDIT_START, mark);
    while (mark->seq < N_RECORDS - 1) add(load, BASE_COUNT(load), AUDIT_LOAD, mark);
    size_t n = audit_checkpoint_text(text, mark);
    crypt_sign(signature, signer, text, n);
    add(sign, BASE_COUNT(sign), AUDIT_CHECKPOINT, mark);
    head.last.end = n_good;
    head.synced = head.last;
    head.n = 6;
    audit_slot_write(slots, &head, signer);
    head.n = 7;
    audit_slot_write(slots + AUDIT_SLOT, &head, signer);
    crypt_signer_free(signer);
}

static struct audit_report check(const char *text, size_t size, bool has_key) {
    struct audit_report report = {0};
    struct audit_check c = {.report = &report, .on_line = audit_check_line, .has_key = has_key};
    memcpy(c.key, public_key, sizeof c.key);
    size_t used = audit_check_text(&c, text, size, true);
    FUZZ_REQUIRE(used <= size && c.offset <= size);
    FUZZ_REQUIRE(report.rule < AUDIT_N_RULES && report.n_checkpoints <= report.n_records);
    FUZZ_REQUIRE(report.rule != AUDIT_RULE_NONE || used == size);
    return report;
}

/* A record that is taken is one that can be written: all of it is where it says. */
static void one_record(const char *text, size_t size) {
    struct audit_record r;
    uint64_t number;
    uint8_t bytes[8];
    enum audit_rule rule = audit_record_read(&r, text, size);
    FUZZ_REQUIRE(rule == AUDIT_RULE_NONE || rule == AUDIT_RULE_FORM || rule == AUDIT_RULE_HASH);
    if (rule == AUDIT_RULE_FORM) return;
    FUZZ_REQUIRE(r.fields > text && r.fields + r.fields_size < text + size);
    FUZZ_REQUIRE(r.fields[0] == '{' && r.fields[r.fields_size - 1] == '}');
    FUZZ_REQUIRE(strlen(r.kind) > 0 && strlen(r.time) == 27);
    if (audit_field_number(&number, &r, "size") && audit_field_hex(bytes, &r, "sig", 8)) {
        FUZZ_REQUIRE(r.fields_size > 10);
    }
}

static void any_export(const uint8_t *data, size_t size) {
    struct audit_report report;
    int fd = memfd_create("export", MFD_CLOEXEC);
    char path[32];
    FUZZ_REQUIRE(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    FUZZ_REQUIRE(audit_verify(&report, path, NULL, NULL, NULL, NULL) == INGLE_OK);
    /* Whoever signs can make one; random bytes cannot. */
    close(fd);
}

/* Bytes of the good log replaced, taken out, put in: pairs of a place and what to do. */
static void changed_log(const uint8_t *data, size_t size) {
    static char text[MAX_LOG];
    size_t n = n_good;
    memcpy(text, good, n);
    for (size_t i = 0; i + 4 <= size && n > 1 && n + 1 < sizeof text; i += 4) {
        size_t at = (size_t)(data[i] | data[i + 1] << 8) % n;
        if (data[i + 2] % 3 == 0) {
            text[at] = (char)data[i + 3];
        } else if (data[i + 2] % 3 == 1) {
            size_t from = at + 1 + data[i + 3];
            if (from > n) from = n;
            memmove(text + at, text + from, n - from);
            n -= from - at;
        } else {
            memmove(text + at + 1, text + at, n - at);
            text[at] = (char)data[i + 3];
            n++;
        }
    }
    struct audit_report report = check(text, n, true);
    bool is_beginning = n <= n_good && memcmp(text, good, n) == 0;
    if (report.rule == AUDIT_RULE_NONE) FUZZ_REQUIRE(is_beginning);
    if (is_beginning && n == n_good) FUZZ_REQUIRE(report.n_records == N_RECORDS);
}

static void changed_head(const uint8_t *data, size_t size) {
    char text[2 * AUDIT_SLOT];
    struct audit_head head;
    memcpy(text, slots, sizeof text);
    for (size_t i = 0; i + 3 <= size; i += 3) {
        text[(size_t)(data[i] | data[i + 1] << 8) % sizeof text] = (char)data[i + 2];
    }
    bool is_whole = memcmp(text, slots, sizeof text) == 0;
    FUZZ_REQUIRE(audit_slots_are_whole(text, public_key) == is_whole);
    if (audit_slots_read(&head, text, public_key)) {
        FUZZ_REQUIRE(head.last.mark.seq == N_RECORDS && head.last.end == n_good);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (n_good == 0) make_good();
    if (size == 0) return 0;
    uint64_t live = mem_live();
    const uint8_t *rest = data + 1;
    size_t n = size - 1;
    switch (data[0] % 5) {
    case 0:
        one_record((const char *)rest, n);
        break;
    case 1:
        (void)check((const char *)rest, n, false);
        break;
    case 2:
        any_export(rest, n);
        break;
    case 3:
        changed_log(rest, n);
        break;
    default:
        changed_head(rest, n);
    }
    FUZZ_REQUIRE(mem_live() == live);
    return 0;
}
