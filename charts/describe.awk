# Copies the description of each value (from the rows of docs/reference/values.md, the first file) into values.schema.json, for editors: see
# `make generate`. A value is a line `"name": {` indented by four spaces, or by eight in a group.
FNR == NR {
  if (match($0, /^\| `[^`]+` \| /)) {
    name = substr($0, 4, RLENGTH - 7)
    meaning = $0
    sub(/^\| `[^`]+` \| `[^|]*` \| /, "", meaning); sub(/ \|$/, "", meaning)
    gsub(/\\\|/, "|", meaning); gsub(/\\/, "\\\\", meaning); gsub(/"/, "\\\"", meaning)
    meanings[name] = meaning
  }
  next
}
/^ *"properties": \{$/ { inside = 1 }
match($0, /^(    |        )"[A-Za-z]+": \{/) && inside {
  name = $0; sub(/^ *"/, "", name); sub(/".*/, "", name)
  if ($0 ~ /^    "/) group = name; else name = group "." name
  if (name in meanings) {
    before = substr($0, 1, RLENGTH); rest = substr($0, RLENGTH + 1)
    sub(/^"description": "([^"\\]|\\.)*"(, |,)?/, "", rest)
    $0 = before "\"description\": \"" meanings[name] "\"" (rest == "" ? "," : rest ~ /^\}/ ? "" : ", ") rest
  }
}
{ print }
