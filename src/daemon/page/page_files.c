#include "daemon/page/page_files.h"

#include <string.h>

#include "base/compiler.h"

#define HTML "text/html; charset=utf-8"
#define STYLE "text/css; charset=utf-8"
#define SCRIPT "text/javascript; charset=utf-8"
#define PICTURE "image/svg+xml"

/* Every file of web/, by the name that its bytes have here. CMakeLists.txt makes this depend on
 * all of them, and tests/daemon/page.mjs asks for each. */
#define PAGE_FILES(F)                                                                              \
    F(index, "index.html", HTML)                                                                   \
    F(style, "style.css", STYLE)                                                                   \
    F(icon, "icon.svg", PICTURE)                                                                   \
    F(app, "app.js", SCRIPT)                                                                       \
    F(api, "api.js", SCRIPT)                                                                       \
    F(chat, "chat.js", SCRIPT)                                                                     \
    F(diff, "diff.js", SCRIPT)                                                                     \
    F(dom, "dom.js", SCRIPT)                                                                       \
    F(draft, "draft.js", SCRIPT)                                                                   \
    F(intent, "intent.js", SCRIPT)                                                                 \
    F(markdown, "markdown.js", SCRIPT)                                                             \
    F(models, "models.js", SCRIPT)                                                                 \
    F(panel, "panel.js", SCRIPT)                                                                   \
    F(redact, "redact.js", SCRIPT)                                                                 \
    F(render, "render.js", SCRIPT)                                                                 \
    F(rewrite, "rewrite.js", SCRIPT)                                                               \
    F(sse, "sse.js", SCRIPT)                                                                       \
    F(summarize, "summarize.js", SCRIPT)                                                           \
    F(task, "task.js", SCRIPT)

/* As in src/builtin: C has no way to name a file's bytes, the assembler does. */
#define EMBED(id, name, type)                                                                      \
    __asm__(".section .rodata\n"                                                                   \
            ".local page_" #id "\npage_" #id ":\n"                                                 \
            ".incbin \"" PAGE_DIR "/" name "\"\n"                                                  \
            ".local page_" #id "_end\npage_" #id "_end:\n"                                         \
            ".byte 0\n"                                                                            \
            ".previous\n");                                                                        \
    extern const uint8_t page_##id[], page_##id##_end[];
PAGE_FILES(EMBED)

const struct page_file *page_file_find(const char *name) {
#define ENTRY(id, name, type) {name, type, page_##id, page_##id##_end},
    static const struct page_file files[] = {PAGE_FILES(ENTRY)};
    for (size_t i = 0; i < BASE_COUNT(files); i++) {
        if (strcmp(files[i].name, name) == 0) return &files[i];
    }
    return NULL;
}
