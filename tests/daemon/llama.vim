" llama.vim itself, from the folder $LLAMA_VIM: a completion in a buffer, which it keeps and shows.
" Run by vim.sh with `vim -es`; ends with :cquit and words in $WORDS if something is not as it should be.
set nocompatible noswapfile
execute 'source' fnameescape($CONFIG)
let g:llama_config.ring_update_ms = 50
let &runtimepath = $LLAMA_VIM .. ',' .. &runtimepath
runtime plugin/llama.vim

function! s:Need(is_true, words) abort
    if !a:is_true
        call writefile([a:words], $WORDS, 'a')
        cquit 1
    endif
endfunction

call setline(1, ['int main(void) {', '    int a', '    return a;', '}'])
call cursor(2, 9)
call llama#fim(-1, -1, v:false, [], v:false)
for s:i in range(1000)
    if !empty(g:cache_data)
        break
    endif
    sleep 10m
endfor
call s:Need(!empty(g:cache_data), 'llama.vim got no completion.')
let s:answer = json_decode(values(g:cache_data)[0])
call s:Need(type(s:answer.content) == v:t_string, 'The content is no text.')
call s:Need(s:answer['timings/predicted_n'] > 0, 'Nothing was done.')
qall!
