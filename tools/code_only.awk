# Prints FILE:LINE:CODE of C sources without their comments and string contents, for the checks
# that look for words. (Include lines keep their path.)
FNR == 1 { in_comment = 0 }
{
    line = $0
    code = ""
    include = line ~ /^[ \t]*#[ \t]*include/
    while (line != "") {
        if (in_comment) {
            end = index(line, "*/")
            if (!end) break
            line = substr(line, end + 2)
            in_comment = 0
        } else if (substr(line, 1, 2) == "//") {
            break
        } else if (substr(line, 1, 2) == "/*") {
            in_comment = 1
            line = substr(line, 3)
        } else if (!include && match(line, /^"([^"\\]|\\.)*"/)) {
            code = code "\"\""
            line = substr(line, RLENGTH + 1)
        } else if (match(line, /^'([^'\\]|\\.)[^']*'/)) {
            code = code "0"
            line = substr(line, RLENGTH + 1)
        } else {
            code = code substr(line, 1, 1)
            line = substr(line, 2)
        }
    }
    if (code !~ /^[ \t]*$/) print FILENAME ":" FNR ":" code
}
