/* Writes the seed inputs of the fuzz targets `messages`, `link` and `requests`, like make_corpus.
 */
#include <stdio.h>
#include <string.h>

#include "support/gguf_writer.h"
#include "support/messages.h"
#include "worker/wire/link.h"
#include "worker/wire/message.h"

static const char *root;

static void save(const char *target, const char *name, const struct buf *b) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s/%s", root, target, name);
    if (!save_bytes(path, b->data, b->size)) fprintf(stderr, "cannot write %s\n", path);
}

static void message_seeds(void) {
    for (size_t i = 0; i < n_message_kinds; i++) {
        const struct message_kind *k = &message_kinds[i];
        struct buf b;
        char kind = (char)i;
        buf_init(&b, 1 << 20);
        buf_add(&b, &kind, 1);
        if (wire_write(&b, k->visit, k->example, NULL) == INGLE_OK) save("messages", k->name, &b);
        buf_clear(&b);
    }
}

/* Of fuzz_requests: the type first. */
static void request_seeds(void) {
    static const struct {
        const char *name;
        enum msg_type type;
    } requests[] = {{"generate", MSG_GENERATE},
                    {"chosen", MSG_GENERATE},
                    {"chat", MSG_CHAT},
                    {"chat_count", MSG_CHAT_COUNT},
                    {"restore", MSG_RESTORE},
                    {"tokenize", MSG_TOKENIZE},
                    {"detokenize", MSG_DETOKENIZE},
                    {"template", MSG_TEMPLATE},
                    {"document", MSG_DOCUMENT},
                    {"summarize", MSG_SUMMARIZE},
                    {"rewrite", MSG_REWRITE},
                    {"draft", MSG_DRAFT},
                    {"complete", MSG_COMPLETE},
                    {"intent", MSG_INTENT},
                    {"digest_items", MSG_DIGEST},
                    {"digest_lines", MSG_DIGEST},
                    {"redact", MSG_REDACT},
                    {"logits", MSG_LOGITS},
                    {"judge", MSG_JUDGE},
                    {"warm", MSG_GENERATE},
                    {"fill", MSG_FILL},
                    {"embed", MSG_EMBED}};
    for (size_t i = 0; i < n_message_kinds * BASE_COUNT(requests); i++) {
        const struct message_kind *k = &message_kinds[i / BASE_COUNT(requests)];
        size_t r = i % BASE_COUNT(requests);
        if (strcmp(k->name, requests[r].name) != 0) continue;
        struct buf b;
        char type = (char)requests[r].type;
        buf_init(&b, 1 << 20);
        buf_add(&b, &type, 1);
        if (wire_write(&b, k->visit, k->example, NULL) == INGLE_OK) save("requests", k->name, &b);
        char name[64]; /* the same to a worker with slots */
        snprintf(name, sizeof name, "slots-%s", k->name);
        if (!buf_failed(&b)) b.data[0] |= (char)0x80;
        if (!buf_failed(&b)) save("requests", name, &b);
        buf_clear(&b);
    }
}

/* Deeds of fuzz_link. */
static void frame(struct buf *b, uint32_t size, uint8_t more, uint8_t id) {
    uint8_t deed[] = {5, (uint8_t)size, (uint8_t)(size >> 8), (uint8_t)(size >> 16), 1, more, id};
    buf_add(b, deed, sizeof deed);
}

static void link_seeds(void) {
    static const uint64_t starts[] = {0, RING_SIZE - 5, UINT64_MAX - 7};
    for (size_t i = 0; i < BASE_COUNT(starts); i++) {
        struct buf b;
        char name[32];
        buf_init(&b, 1 << 16);
        put_u64(&b, starts[i]);
        put_u64(&b, starts[i]);
        frame(&b, 5, 0, 1);
        put_u8(&b, 6);
        frame(&b, LINK_FRAME, 1, 2);
        frame(&b, LINK_FRAME, 1, 2);
        frame(&b, LINK_FRAME, 0, 2);
        put_u8(&b, 6);
        put_u8(&b, 3), put_u8(&b, 1), put_u8(&b, 1);
        put_u8(&b, 7), put_u8(&b, 1), put_u8(&b, 2), put_u8(&b, 0);
        put_u8(&b, 7), put_u8(&b, 0xff), put_u8(&b, 0xff), put_u8(&b, 0x1f);
        snprintf(name, sizeof name, "frames-%zu", i);
        save("link", name, &b);
        buf_clear(&b);
    }
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    root = argv[1];
    message_seeds();
    link_seeds();
    request_seeds();
    return 0;
}
