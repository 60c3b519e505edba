// Shows how a model cuts a text into tokens:  tokens MODEL.gguf "Once upon a time"
//
// ingle from C++: the handles fit unique_ptr, and only the tokenizer is opened, so that this
// is quick however large the model is.
//
//   c++ tokens.cpp $(pkg-config --cflags --libs ingle) -o tokens
#include <ingle/ingle.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

struct close_model {
    void operator()(ingle_model *model) const {
        ingle_model_close(model);
    }
};
using model_ptr = std::unique_ptr<ingle_model, close_model>;

static std::vector<ingle_token> tokenize(const ingle_model *model, const std::string &text,
                                         ingle_error *err) {
    const unsigned flags = INGLE_TOKENIZE_ADD_SPECIAL;
    std::vector<ingle_token> tokens;
    size_t n = 0;
    if (ingle_tokenize(model, text.data(), text.size(), flags, nullptr, 0, &n, err) != INGLE_OK) {
        return {};
    }
    tokens.resize(n);
    if (ingle_tokenize(model, text.data(), text.size(), flags, tokens.data(), n, &n, err) !=
        INGLE_OK) {
        return {};
    }
    return tokens;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: tokens MODEL.gguf TEXT\n");
        return 2;
    }

    ingle_error err = {};
    ingle_model_options options = ingle_model_options_default();
    options.vocab_only = true;
    ingle_model *opened = nullptr;
    ingle_status status = ingle_model_open(&opened, argv[1], &options, &err);
    model_ptr model(opened);
    std::vector<ingle_token> tokens;
    if (status == INGLE_OK) tokens = tokenize(model.get(), argv[2], &err);
    if (err.code != INGLE_OK) {
        std::fprintf(stderr, "tokens: %s\n", err.msg);
        return 1;
    }
    for (ingle_token token : tokens) {
        size_t len = 0;
        const char *bytes = ingle_token_bytes(model.get(), token, true, &len);
        std::printf("%6d  '%.*s'\n", token, static_cast<int>(len), bytes);
    }
    return 0;
}
