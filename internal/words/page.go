package words

// ofPage are the review page's texts by key: English, Japanese.
var ofPage = map[string][2]string{}
