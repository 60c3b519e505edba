/* Any bytes as a sealed file; and files of authentic chunks, right or wrong, that are then changed:
 * what is given out is what was sealed, and success means that nothing was changed. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "fuzz/fuzz.h"
#include "guard/vault/sealed_internal.h"

#define MAX_CHUNKS 3
#define MAX_FILE (SEALED_HEADER + (MAX_CHUNKS + 1) * (SEALED_CHUNK + CRYPT_STREAM_EXTRA))

struct input {
    const uint8_t *data;
    size_t size, pos;
};

/* Zeros once the input has ended. */
static uint32_t next(struct input *in, int n_bytes) {
    uint32_t value = 0;
    for (int i = 0; i < n_bytes; i++) {
        value = value << 8 | (in->pos < in->size ? in->data[in->pos++] : 0u);
    }
    return value;
}

/* A file, what a reader should get of it, and whether it should get to the end. */
struct file {
    size_t size, n_data;
    bool is_valid;
    uint8_t bytes[MAX_FILE], data[MAX_CHUNKS * SEALED_CHUNK];
};

static uint8_t key_bytes[CRYPT_KEY_SIZE] = {1, 2, 3};
static const struct vault_key key = {.bytes = key_bytes};
static const struct sealed_as as = {
    .key = &key, .kind = SEALED_SNAPSHOT, .context = "fuzz", .context_size = 4};

/* Sizes and counts that mean something, and others. */
static size_t next_size(struct input *in, size_t full) {
    uint32_t pick = next(in, 1);
    if (pick < 64) return full;
    if (pick < 80) return full - 1;
    return pick < 200 ? next(in, 1) : next(in, 2) % full;
}

static void add_chunk(struct file *f, struct crypt_stream *stream, struct input *in, bool is_last,
                      bool *has_ended) {
    static uint8_t plain[SEALED_CHUNK];
    size_t size = next_size(in, SEALED_CHUNK);
    size_t count = next(in, 1) % 8 ? next_size(in, SEALED_ROOM) : (uint32_t)-1 - next(in, 1);
    bool has_room = size >= SEALED_COUNT && count <= size - SEALED_COUNT;
    memset(plain, 0, SEALED_COUNT);
    memset(plain + SEALED_COUNT, (int)(count + 1), SEALED_ROOM);
    sealed_put_u32(plain, (uint32_t)count);
    crypt_stream_push(stream, f->bytes + f->size, plain, size, is_last);
    f->size += size + CRYPT_STREAM_EXTRA;
    /* One after the other these are the rules of the format. */
    f->is_valid &= is_last || size == SEALED_CHUNK;
    f->is_valid &= has_room && (!*has_ended || count == 0);
    *has_ended |= count < SEALED_ROOM;
    if (!f->is_valid) return;
    memcpy(f->data + f->n_data, plain + SEALED_COUNT, count);
    f->n_data += count;
}

static void build(struct file *f, struct input *in) {
    uint8_t file_key[CRYPT_KEY_SIZE];
    struct crypt_stream *stream;
    bool has_ended = false;
    memset(f->bytes, 7, SEALED_HEADER);
    sealed_put_head(f->bytes, SEALED_SNAPSHOT);
    sealed_file_key(file_key, f->bytes, &as);
    FUZZ_REQUIRE(crypt_stream_seal(&stream, f->bytes + SEALED_HASHED, file_key, NULL) == INGLE_OK);
    f->size = SEALED_HEADER;
    f->n_data = 0;
    f->is_valid = true;
    uint32_t n = next(in, 1) % MAX_CHUNKS + 1, n_marked = next(in, 1) % 8 ? n : 0;
    for (uint32_t i = 1; i <= n; i++) add_chunk(f, stream, in, i == n_marked, &has_ended);
    f->is_valid &= n_marked == n;
    crypt_stream_free(stream);
}

/* Flips, cuts, adds and moves bytes. */
static void change(struct file *f, struct input *in) {
    uint8_t *before = mem_alloc(f->size);
    size_t size_before = f->size;
    FUZZ_REQUIRE(before != NULL);
    memcpy(before, f->bytes, f->size);
    while (in->pos < in->size && f->size > 0) {
        uint32_t what = next(in, 1) % 4, value = next(in, 1);
        size_t at = next(in, 3) % f->size, to = next(in, 3) % f->size;
        if (what == 0) {
            f->bytes[at] ^= (uint8_t)value;
        } else if (what == 1) {
            f->size = at;
        } else if (what == 2 && f->size + value < MAX_FILE) {
            memset(f->bytes + f->size, (int)value, value);
            f->size += value;
        } else {
            size_t longest = f->size - (at > to ? at : to);
            memmove(f->bytes + to, f->bytes + at, value < longest ? value : longest);
        }
    }
    f->is_valid &= f->size == size_before && memcmp(before, f->bytes, f->size) == 0;
    mem_free(before);
}

static void check_error(ingle_status status, const ingle_error *err) {
    FUZZ_REQUIRE(status == INGLE_INVALID);
    FUZZ_REQUIRE(err->code == status && memchr(err->msg, 0, sizeof err->msg) && err->msg[0]);
}

/* Reads `want` bytes in pieces. */
static void read_back(const struct file *f, size_t want, size_t piece) {
    static uint8_t back[MAX_CHUNKS * SEALED_CHUNK];
    char path[64];
    struct sealed_reader *r;
    ingle_error err = {0};
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    FUZZ_REQUIRE(fd >= 0 && write(fd, f->bytes, f->size) == (ssize_t)f->size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    ingle_status status = sealed_reader_open(&r, path, &as, &err);
    if (status == INGLE_OK) {
        size_t done = 0;
        for (bool ok = true; ok && done < want;) {
            size_t n = want - done < piece ? want - done : piece;
            ok = sealed_read(back + done, n, r);
            if (ok) done += n;
        }
        FUZZ_REQUIRE(done <= f->n_data || !f->is_valid);
        if (done <= f->n_data) FUZZ_REQUIRE(memcmp(back, f->data, done) == 0);
        status = sealed_reader_finish(r, &err);
        sealed_reader_close(r);
    }
    FUZZ_REQUIRE((status == INGLE_OK) == (f->is_valid && want == f->n_data));
    if (status != INGLE_OK) check_error(status, &err);
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct file f;
    struct input in = {.data = data, .size = size};
    uint64_t live = mem_live();
    FUZZ_REQUIRE(crypt_start(NULL) == INGLE_OK);
    bool is_raw = next(&in, 1) % 8 == 7;
    size_t piece = next(&in, 2) + 1, other = next(&in, 1);
    if (is_raw) { /* by chance no file is ever authentic */
        f.size = size - in.pos < MAX_FILE ? size - in.pos : MAX_FILE;
        if (f.size) memcpy(f.bytes, data + in.pos, f.size);
        f.n_data = 0;
        f.is_valid = false;
        read_back(&f, other, piece);
    } else {
        build(&f, &in);
        change(&f, &in);
        size_t want = f.n_data;
        if (other < 32) want = want > other ? want - other : want;
        if (other >= 224 && want < sizeof f.data - 32) want += other - 223;
        read_back(&f, want, piece);
    }
    FUZZ_REQUIRE(mem_live() == live);
    return 0;
}
