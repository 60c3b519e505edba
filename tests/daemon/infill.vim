" What llama.vim asks a service for, asked from Vim in the way it does: curl as a job, the request through its
" standard input, the answer a line. $CONFIG is a file with the lines of docs/editors.md.
" Run by vim.sh with `vim -es`; ends with :cquit and words in $WORDS if something is not as it should be.
set nocompatible
execute 'source' fnameescape($CONFIG)

function! s:Fail(words) abort
    call writefile([a:words], $WORDS, 'a')
    cquit 1
endfunction

function! s:Need(is_true, words) abort
    if !a:is_true
        call s:Fail(a:words)
    endif
endfunction

function! s:Heard(answer, job, line) abort
    let a:answer.text .= a:line
endfunction

function! s:Ended(answer, job, code) abort
    let a:answer.code = a:code
endfunction

" Begins to ask; the answer is there when its code is.
function! s:Ask(request) abort
    let l:answer = {'text': '', 'code': -1}
    let l:answer.job = job_start([
        \ 'curl', '--silent', '--no-buffer', '--request', 'POST', '--url', g:llama_config.endpoint_fim,
        \ '--header', 'Content-Type: application/json', '--data', '@-',
        \ '--header', 'Authorization: Bearer ' .. g:llama_config.api_key],
        \ {'out_cb': function('s:Heard', [l:answer]), 'exit_cb': function('s:Ended', [l:answer])})
    let l:channel = job_getchannel(l:answer.job)
    call ch_sendraw(l:channel, json_encode(a:request))
    call ch_close_in(l:channel)
    return l:answer
endfunction

function! s:Wait(answer) abort
    for l:i in range(6000)
        if a:answer.code >= 0 && ch_status(job_getchannel(a:answer.job)) ==# 'closed'
            return a:answer
        endif
        sleep 10m
    endfor
    call s:Fail('No answer came.')
endfunction

let s:fields = ['content', 'timings/prompt_n', 'timings/prompt_ms', 'timings/prompt_per_token_ms',
    \ 'timings/prompt_per_second', 'timings/predicted_n', 'timings/predicted_ms',
    \ 'timings/predicted_per_token_ms', 'timings/predicted_per_second', 'truncated', 'tokens_cached']
let s:extra = [{'text': "#define LIMIT 5\n", 'time': [1, 2], 'filename': 'limit.h'}]
let s:completion = {'id_slot': 0, 'input_prefix': "int main(void) {\n", 'input_suffix': "\n}\n",
    \ 'input_extra': s:extra, 'prompt': '    int a', 'n_predict': 128, 'stop': [], 'n_indent': 4, 'top_k': 40,
    \ 'top_p': 0.90, 'samplers': ['top_k', 'top_p', 'infill'], 'stream': v:false, 'cache_prompt': v:true,
    \ 't_max_prompt_ms': 500, 't_max_predict_ms': 250, 'response_fields': s:fields, 'model': ''}
let s:warm_up = {'id_slot': 0, 'input_prefix': '', 'input_suffix': '', 'input_extra': s:extra, 'prompt': '',
    \ 'n_predict': 0, 'temperature': 0.0, 'samplers': [], 'stream': v:false, 'cache_prompt': v:true,
    \ 't_max_prompt_ms': 1, 't_max_predict_ms': 1, 'response_fields': [''], 'model': ''}

" The model is loaded when it is first asked.
let s:warm = s:Wait(s:Ask(s:warm_up))
call s:Need(s:warm.text ==# '{}', 'The warm-up answered ' .. s:warm.text)

" A completion, and another one asked for as if it had been accepted.
for s:time in [250, 1000]
    let s:asked = extend(copy(s:completion), {'t_max_predict_ms': s:time})
    let s:got = s:Wait(s:Ask(s:asked))
    call s:Need(s:got.code == 0, 'curl ended with ' .. s:got.code)
    call s:Need(s:got.text =~# '^\s*{' && s:got.text =~# '\v"content"\s*:"', 'No content: ' .. s:got.text)
    let s:answer = json_decode(s:got.text)
    call s:Need(sort(keys(s:answer)) == sort(copy(s:fields)), 'Other fields: ' .. s:got.text)
    call s:Need(type(s:answer.content) == v:t_string, 'The content is no text.')
    for s:field in s:fields[1:8]
        call s:Need(type(str2float(s:answer[s:field])) == v:t_float && str2float(s:answer[s:field]) >= 0,
            \ s:field .. ' is no number: ' .. s:got.text)
    endfor
    call s:Need(s:answer['timings/predicted_n'] > 0 && s:answer.tokens_cached > 0, 'Nothing was done.')
    for s:line in split(s:answer.content, "\n", 1)[1:]
        call s:Need(s:line =~# '\v^([ \t]{4}|[ \t\r]*$)', 'A line is indented too little: ' .. s:line)
    endfor
endfor

" The same prompt again: all of it but a token was remembered.
call s:Need(s:answer['timings/prompt_n'] == 1, 'The prompt was computed again: ' .. s:got.text)

" Many at once, of which Vim stops some, as it does when somebody types on.
let s:jobs = map(range(8), {i -> s:Ask(extend(copy(s:completion), {'prompt': '    int ' .. i}))})
for s:i in [0, 3, 5]
    call job_stop(s:jobs[s:i].job)
endfor
for s:i in [1, 2, 4, 6, 7]
    let s:got = s:Wait(s:jobs[s:i])
    call s:Need(s:got.text =~# '"content":"', 'Beside others that were stopped: ' .. s:got.text)
endfor

" Without the token nothing is answered.
let g:llama_config.api_key = 'wrong'
let s:got = s:Wait(s:Ask(s:completion))
call s:Need(s:got.text =~# '"code":401', 'A wrong token was answered ' .. s:got.text)
qall!
