/* MSG_DOCUMENT: the text of a file's bytes. */
#include "ingle/document.h"
#include "task/document/pages.h"
#include "worker/serve/serve_task.h"
#include "worker/wire/msg_document.h"

static ingle_status read_pages(ingle_document **out, const struct msg_document *m,
                               ingle_error *err) {
    struct buf text;
    buf_init_secret(&text, 2 * m->bytes.len + 1024);
    ingle_status status =
        pages_join(&text, m->bytes.data, m->bytes.len)
            ? ingle_document_read(out, text.data ? text.data : "", text.size, m->name, err)
            : status_no_memory(err, "the text", text.size);
    buf_clear(&text);
    return status;
}

static ingle_status answer(struct request *r, const ingle_document *document, ingle_error *err) {
    ingle_document_info info = ingle_document_get_info(document);
    struct msg_document_read m = {
        .kind_name = info.kind_name, .title = info.title, .notes = info.notes};
    INGLE_TRY(serve_say_text(r, info.text, info.text_len, err));
    return serve_result(r, msg_document_read, &m, err);
}

ingle_status serve_document(struct request *r, ingle_error *err) {
    struct msg_document m = {0};
    ingle_document *document = NULL;
    INGLE_TRY(serve_task(r, &m, sizeof m, msg_document, err));
    if (m.is_pages) {
        INGLE_TRY(read_pages(&document, &m, err));
    } else {
        INGLE_TRY(ingle_document_read(&document, m.bytes.data, m.bytes.len, m.name, err));
    }
    ingle_status status = answer(r, document, err);
    ingle_document_free(document);
    return status;
}
