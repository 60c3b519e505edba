#include "task/faithful_lexicon_tables.h"

#include "base/compiler.h"

const struct lex_row lex_rows[] = {
    {LEX_DIGIT, "zero", 0, UNIT_NONE},
    {LEX_DIGIT, "one", 1, UNIT_NONE},
    {LEX_DIGIT, "two", 2, UNIT_NONE},
    {LEX_DIGIT, "three", 3, UNIT_NONE},
    {LEX_DIGIT, "four", 4, UNIT_NONE},
    {LEX_DIGIT, "five", 5, UNIT_NONE},
    {LEX_DIGIT, "six", 6, UNIT_NONE},
    {LEX_DIGIT, "seven", 7, UNIT_NONE},
    {LEX_DIGIT, "eight", 8, UNIT_NONE},
    {LEX_DIGIT, "nine", 9, UNIT_NONE},
    {LEX_DIGIT, "ten", 10, UNIT_NONE},
    {LEX_DIGIT, "eleven", 11, UNIT_NONE},
    {LEX_DIGIT, "twelve", 12, UNIT_NONE},
    {LEX_DIGIT, "thirteen", 13, UNIT_NONE},
    {LEX_DIGIT, "fourteen", 14, UNIT_NONE},
    {LEX_DIGIT, "fifteen", 15, UNIT_NONE},
    {LEX_DIGIT, "sixteen", 16, UNIT_NONE},
    {LEX_DIGIT, "seventeen", 17, UNIT_NONE},
    {LEX_DIGIT, "eighteen", 18, UNIT_NONE},
    {LEX_DIGIT, "nineteen", 19, UNIT_NONE},
    {LEX_TENS, "twenty", 20, UNIT_NONE},
    {LEX_TENS, "thirty", 30, UNIT_NONE},
    {LEX_TENS, "forty", 40, UNIT_NONE},
    {LEX_TENS, "fifty", 50, UNIT_NONE},
    {LEX_TENS, "sixty", 60, UNIT_NONE},
    {LEX_TENS, "seventy", 70, UNIT_NONE},
    {LEX_TENS, "eighty", 80, UNIT_NONE},
    {LEX_TENS, "ninety", 90, UNIT_NONE},
    {LEX_DIGIT, "dozen dozens", 12, UNIT_NONE},
    {LEX_SCALE, "hundred hundreds", 100, UNIT_NONE},
    {LEX_SCALE, "thousand thousands k", 1000, UNIT_NONE},
    {LEX_SCALE, "million millions mn mio mln", 1000000, UNIT_NONE},
    {LEX_SCALE, "billion billions bn mrd", 1000000000.0, UNIT_NONE},
    {LEX_SCALE, "trillion trillions tn", 1000000000000.0, UNIT_NONE},
    {LEX_SCALE, "lakh lakhs", 100000, UNIT_NONE},
    {LEX_SCALE, "crore crores", 10000000, UNIT_NONE},
    {LEX_ORDINAL, "first", 1, UNIT_NONE},
    {LEX_ORDINAL, "second", 2, UNIT_NONE},
    {LEX_ORDINAL, "third", 3, UNIT_NONE},
    {LEX_ORDINAL, "fourth", 4, UNIT_NONE},
    {LEX_ORDINAL, "fifth", 5, UNIT_NONE},
    {LEX_ORDINAL, "sixth", 6, UNIT_NONE},
    {LEX_ORDINAL, "seventh", 7, UNIT_NONE},
    {LEX_ORDINAL, "eighth", 8, UNIT_NONE},
    {LEX_ORDINAL, "ninth", 9, UNIT_NONE},
    {LEX_ORDINAL, "tenth", 10, UNIT_NONE},
    {LEX_ORDINAL, "eleventh", 11, UNIT_NONE},
    {LEX_ORDINAL, "twelfth", 12, UNIT_NONE},
    {LEX_ORDINAL, "thirteenth", 13, UNIT_NONE},
    {LEX_ORDINAL, "fourteenth", 14, UNIT_NONE},
    {LEX_ORDINAL, "fifteenth", 15, UNIT_NONE},
    {LEX_ORDINAL, "sixteenth", 16, UNIT_NONE},
    {LEX_ORDINAL, "seventeenth", 17, UNIT_NONE},
    {LEX_ORDINAL, "eighteenth", 18, UNIT_NONE},
    {LEX_ORDINAL, "nineteenth", 19, UNIT_NONE},
    {LEX_ORDINAL, "twentieth", 20, UNIT_NONE},
    {LEX_ORDINAL, "thirtieth", 30, UNIT_NONE},
    {LEX_ORDINAL, "fortieth", 40, UNIT_NONE},
    {LEX_ORDINAL, "fiftieth", 50, UNIT_NONE},
    {LEX_ORDINAL, "sixtieth", 60, UNIT_NONE},
    {LEX_ORDINAL, "seventieth", 70, UNIT_NONE},
    {LEX_ORDINAL, "eightieth", 80, UNIT_NONE},
    {LEX_ORDINAL, "ninetieth", 90, UNIT_NONE},
    {LEX_ORDINAL, "hundredth", 100, UNIT_NONE},
    {LEX_ORDINAL, "thousandth", 1000, UNIT_NONE},
    {LEX_FRACTION, "half halves", 0.5, UNIT_NONE},
    {LEX_FRACTION, "third thirds", 0.3333333333333333, UNIT_NONE},
    {LEX_FRACTION, "quarter quarters fourths", 0.25, UNIT_NONE},
    {LEX_FRACTION, "fifths", 0.2, UNIT_NONE},
    {LEX_FRACTION, "tenths", 0.1, UNIT_NONE},
    {LEX_MONTH, "january jan januray janurary", 1, UNIT_NONE},
    {LEX_MONTH, "february feb febuary feburary", 2, UNIT_NONE},
    {LEX_MONTH, "march mar", 3, UNIT_NONE},
    {LEX_MONTH, "april apr", 4, UNIT_NONE},
    {LEX_MONTH, "may", 5, UNIT_NONE},
    {LEX_MONTH, "june jun", 6, UNIT_NONE},
    {LEX_MONTH, "july jul", 7, UNIT_NONE},
    {LEX_MONTH, "august aug", 8, UNIT_NONE},
    {LEX_MONTH, "september sep sept septembre setember", 9, UNIT_NONE},
    {LEX_MONTH, "october oct", 10, UNIT_NONE},
    {LEX_MONTH, "november nov", 11, UNIT_NONE},
    {LEX_MONTH, "december dec", 12, UNIT_NONE},
    {LEX_AMBIGUOUS, "may march mar jan dec sun sat wed mon august april june", 0, UNIT_NONE},
    {LEX_WEEKDAY, "monday mon mondays munday", 1, UNIT_NONE},
    {LEX_WEEKDAY, "tuesday tue tues tuesdays tuseday teusday", 2, UNIT_NONE},
    {LEX_WEEKDAY, "wednesday wed weds wednesdays wensday wendsday wenesday wednsday", 3, UNIT_NONE},
    {LEX_WEEKDAY, "thursday thu thur thurs thursdays thrusday thursay", 4, UNIT_NONE},
    {LEX_WEEKDAY, "friday fri fridays", 5, UNIT_NONE},
    {LEX_WEEKDAY, "saturday sat saturdays saterday saturdy", 6, UNIT_NONE},
    {LEX_WEEKDAY, "sunday sun sundays", 7, UNIT_NONE},
    {LEX_UNIT, "percent pct percentage percentages percents", 1, UNIT_PERCENT},
    {LEX_UNIT, "s sec secs second seconds", 1, UNIT_SECONDS},
    {LEX_UNIT, "ms millisecond milliseconds msec", 0.001, UNIT_SECONDS},
    {LEX_UNIT, "microsecond microseconds", 1e-06, UNIT_SECONDS},
    {LEX_UNIT, "ns nanosecond nanoseconds", 1e-09, UNIT_SECONDS},
    {LEX_UNIT, "min mins minute minutes", 60, UNIT_SECONDS},
    {LEX_UNIT, "h hr hrs hour hours", 3600, UNIT_SECONDS},
    {LEX_UNIT, "day days", 86400, UNIT_SECONDS},
    {LEX_UNIT, "week weeks wk", 604800, UNIT_SECONDS},
    {LEX_UNIT, "month months", 1, UNIT_MONTHS},
    {LEX_UNIT, "year years yr yrs", 12, UNIT_MONTHS},
    {LEX_UNIT, "decade decades", 120, UNIT_MONTHS},
    {LEX_UNIT, "mm millimetre millimetres millimeter millimeters", 0.001, UNIT_METRES},
    {LEX_UNIT, "cm centimetre centimetres centimeter centimeters", 0.01, UNIT_METRES},
    {LEX_UNIT, "m metre metres meter meters", 1, UNIT_METRES},
    {LEX_UNIT, "km kms kilometre kilometres kilometer kilometers", 1000, UNIT_METRES},
    {LEX_UNIT, "mile miles mi", 1, UNIT_MILES},
    {LEX_UNIT, "ft foot feet", 1, UNIT_FEET},
    {LEX_UNIT, "inch inches", 1, UNIT_INCHES},
    {LEX_UNIT, "mg milligram milligrams", 0.001, UNIT_GRAMS},
    {LEX_UNIT, "g gram grams", 1, UNIT_GRAMS},
    {LEX_UNIT, "kg kgs kilo kilos kilogram kilograms", 1000, UNIT_GRAMS},
    {LEX_UNIT, "ton tons tonne tonnes", 1000000, UNIT_GRAMS},
    {LEX_UNIT, "lb lbs", 1, UNIT_POUNDS_MASS},
    {LEX_UNIT, "ml millilitre millilitres milliliter milliliters", 0.001, UNIT_LITRES},
    {LEX_UNIT, "l litre litres liter liters", 1, UNIT_LITRES},
    {LEX_UNIT, "byte bytes", 1, UNIT_BYTES},
    {LEX_UNIT, "kb kib kilobyte kilobytes", 1000, UNIT_BYTES},
    {LEX_UNIT, "mb mib megabyte megabytes", 1000000, UNIT_BYTES},
    {LEX_UNIT, "gb gib gigabyte gigabytes", 1000000000.0, UNIT_BYTES},
    {LEX_UNIT, "tb tib terabyte terabytes", 1000000000000.0, UNIT_BYTES},
    {LEX_UNIT, "degree degrees", 1, UNIT_DEGREES},
    {LEX_UNIT, "w watt watts", 1, UNIT_WATTS},
    {LEX_UNIT, "kw kilowatt kilowatts", 1000, UNIT_WATTS},
    {LEX_UNIT, "mw megawatt megawatts", 1000000, UNIT_WATTS},
    {LEX_UNIT, "gw gigawatt gigawatts", 1000000000.0, UNIT_WATTS},
    {LEX_UNIT, "hz hertz", 1, UNIT_HERTZ},
    {LEX_UNIT, "khz", 1000, UNIT_HERTZ},
    {LEX_UNIT, "mhz", 1000000, UNIT_HERTZ},
    {LEX_UNIT, "ghz", 1000000000.0, UNIT_HERTZ},
    {LEX_UNIT, "dollar dollars usd bucks", 1, MONEY_DOLLAR},
    {LEX_UNIT, "euro euros eur", 1, MONEY_EURO},
    {LEX_UNIT, "pound pounds gbp quid sterling", 1, MONEY_POUND},
    {LEX_UNIT, "yen jpy", 1, MONEY_YEN},
    {LEX_UNIT, "rupee rupees inr rs", 1, MONEY_RUPEE},
    {LEX_UNIT, "rouble roubles ruble rubles rub", 1, MONEY_ROUBLE},
    {LEX_UNIT, "won krw", 1, MONEY_WON},
    {LEX_UNIT, "lira liras", 1, MONEY_LIRA},
    {LEX_UNIT, "hryvnia uah", 1, MONEY_HRYVNIA},
    {LEX_UNIT, "bitcoin bitcoins btc", 1, MONEY_BITCOIN},
    {LEX_UNIT, "franc francs chf", 1, MONEY_FRANC},
    {LEX_UNIT, "yuan renminbi rmb cny", 1, MONEY_YUAN},
    {LEX_UNIT, "sek", 1, MONEY_SEK},
    {LEX_UNIT, "nok", 1, MONEY_NOK},
    {LEX_UNIT, "dkk", 1, MONEY_DKK},
    {LEX_UNIT, "zloty zlotys pln", 1, MONEY_ZLOTY},
    {LEX_UNIT, "reais brl", 1, MONEY_REAL},
    {LEX_UNIT, "cad", 1, MONEY_CAD},
    {LEX_UNIT, "aud", 1, MONEY_AUD},
    {LEX_UNIT, "cent cents pence", 1, MONEY_CENTS},
    {LEX_HEDGE,
     "about around nearly almost approximately approx roughly over above under below than "
     "circa ca some least most up estimated",
     0, UNIT_NONE},
    {LEX_ENGLISH,
     "the and of to is was that with for are were this it by from has have not be which will their "
     "an you your been but they would can "
     "his her she at or if",
     0, UNIT_NONE},
    {LEX_PARTICLE,
     "of the for de da do dos das du di del della van von der den la le el al bin ben e y", 0,
     UNIT_NONE},
    {LEX_FOREIGN,
     "der die das und ist nicht ein eine einen wurde mit den dem des fur auf sich auch wir sie "
     "o os um uma que nao com para foi em ao sao na pela pelo el los las una por con del es y le "
     "les "
     "des un une et est dans pour qui il lo di che per non sono della nel het een och att som med "
     "er "
     "og til ja na nie jest sie",
     0, UNIT_NONE},
    {LEX_BEFORE_MONTH,
     "in of since until till by last next early late mid during from through each every this "
     "between before after to",
     0, UNIT_NONE},
    {LEX_CLAUSE, "but while although though because whereas however so unless yet and or", 0,
     UNIT_NONE},
    {LEX_NEGATOR,
     "didnt dont doesnt isnt wasnt arent werent wont cant couldnt wouldnt shouldnt hasnt havent "
     "hadnt mustnt aint not never no none nobody nothing neither nor cannot without nowhere",
     0, UNIT_NONE},
    {LEX_NEGATIVE,
     "unless otherwise fail fails failed failing failure lack lacks lacked lacking reject rejects "
     "rejected "
     "rejecting rejection refuse refuses refused refusing refusal deny denies denied denying "
     "denial unable hardly barely rarely seldom scarcely few little avoid avoids avoided "
     "prevent prevents prevented stop stops stopped instead rather impossible unlikely "
     "unclear unknown uncertain unpaid unsuccessful unresolved unavailable unsupported "
     "unapproved unsigned unchanged unnecessary unlike invalid incorrect incomplete "
     "insufficient inadequate ineffective inability absent absence missing miss except only "
     "against decline declines declined cancel cancelled canceled cancels cancellation false "
     "wrong doubt doubts doubtful dispute disputes disagree disagreed neglect neglected "
     "ignore ignored ignores ignoring loss lost lose loses abandon abandoned exclude "
     "excluded excludes excluding limited limitation limits difficult difficulty hard "
     "challenge challenging opposed oppose opposes opposition objected objection negative "
     "minus less least cease ceased dismissed dismiss overturned banned ban prohibit "
     "prohibits prohibited forbid forbids forbidden unfair unaware unreasonable illegal "
     "unlawful unconstitutional irrelevant independent free non zero worse poor poorly "
     "struggle struggles struggled overlooked void nullified vacated postponed suspended "
     "halted withdrew withdrawn removed despite far too fewer unsupervised",
     0, UNIT_NONE},
    {LEX_STOP,
     "a an the this that these those it its he she they them his her hers their theirs him "
     "we us our ours you your yours i me my mine who whom whose which what when where why "
     "how is are was were be been being am do does did done doing have has had having will "
     "would shall should can could may might must of in on at by for with from to into onto "
     "over under after before during since until about above below between among through "
     "across against as than then so if or and but nor yet not no there here also too very "
     "more most much many such some any all both each every either other another same own "
     "just only even still again already now up down out off per via while although though "
     "because whether however therefore thus hence let lets get gets got make makes made use "
     "uses used using one ones upon within without toward towards around along like s t d ll "
     "re ve don isn aren wasn weren hasn haven hadn doesn didn won wouldn couldn shouldn "
     "mustn ain",
     0, UNIT_NONE},
    {LEX_TITLE | LEX_ABBREV,
     "mr mrs ms dr prof rev sr jr st gen sen rep gov capt lt col sgt hon messrs mx", 0, UNIT_NONE},
    {LEX_TITLE,
     "sir madam professor doctor president minister chancellor senator judge justice captain "
     "colonel general director chairman chair chief officer ceo cto cfo",
     0, UNIT_NONE},
    {LEX_ABBREV,
     "vs etc eg ie fig figs al approx inc ltd co corp dept est no nos pp vol eq sec ch cf ca "
     "resp jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun",
     0, UNIT_NONE},
    {LEX_CAPITAL,
     "id im ive ill team all everyone everybody folks friends friend colleagues colleague customer "
     "support "
     "hiring manager i ok okay re fwd cc ps tldr tl faq asap fyi hi hello dear hey thanks "
     "thank regards sincerely cheers best kind note subject today tomorrow yesterday yes "
     "please welcome sorry am pm",
     0, UNIT_NONE},
    {LEX_GIVEN,
     "maria anna joana teresa rita tiago rui john james robert michael david richard joseph thomas "
     "charles christopher "
     "daniel matthew anthony steven paul andrew joshua kenneth kevin brian george edward "
     "ronald timothy jason jeffrey ryan jacob gary nicholas eric jonathan stephen larry "
     "justin scott brandon benjamin samuel gregory alexander patrick raymond jack dennis "
     "jerry tyler aaron jose adam nathan henry douglas zachary peter kyle noah ethan jeremy "
     "walter christian keith roger terry austin sean gerald carl harold dylan arthur "
     "lawrence jordan jesse bryan billy bruce gabriel joe logan alan juan albert willie "
     "elijah wayne randy vincent russell louis philip bobby johnny bradley mary patricia "
     "jennifer linda elizabeth barbara susan jessica sarah karen lisa nancy betty sandra "
     "margaret ashley kimberly emily donna michelle carol amanda melissa deborah stephanie "
     "rebecca laura sharon cynthia kathleen amy angela shirley brenda emma pamela nicole "
     "helen samantha katherine christine debra rachel carolyn janet catherine heather diane "
     "olivia julie joyce victoria kelly christina lauren joan evelyn judith megan andrea "
     "cheryl hannah jacqueline martha gloria teresa ann sara madison frances kathryn janice "
     "jean abigail alice julia judy sophia isabella charlotte mia amelia ava luca marco "
     "paolo giulia sofia elena irina olga ivan dmitri sergei natasha ana ines joao pedro "
     "carlos luis miguel jorge antonio fernando ricardo lucia carmen pilar javier diego "
     "pablo hans klaus jurgen stefan wolfgang heinrich friedrich ingrid greta lars sven erik "
     "nils astrid freya pierre jacques francois claude marie camille chloe antoine ahmed "
     "mohammed muhammad mohamed fatima aisha omar hassan ali yusuf ibrahim layla priya rahul raj "
     "amit anita sanjay wei ming li mei hiroshi yuki kenji akira sakura haruto tomas jan "
     "piotr katarzyna zofia africa america asia europe england scotland wales ireland "
     "britain france germany spain portugal italy greece poland austria hungary sweden "
     "norway denmark finland iceland belgium netherlands switzerland russia ukraine turkey "
     "iran iraq israel egypt morocco algeria tunisia nigeria kenya ethiopia ghana india "
     "pakistan bangladesh china japan korea vietnam thailand indonesia malaysia singapore "
     "philippines australia canada mexico brazil argentina chile peru colombia venezuela "
     "cuba london paris berlin madrid lisbon rome athens vienna budapest prague warsaw "
     "moscow kyiv stockholm oslo copenhagen helsinki dublin brussels amsterdam zurich geneva "
     "munich hamburg barcelona milan istanbul cairo nairobi lagos johannesburg delhi mumbai "
     "beijing shanghai tokyo seoul bangkok jakarta manila sydney melbourne toronto montreal "
     "vancouver chicago boston seattle houston dallas atlanta miami denver philadelphia "
     "washington california texas florida google microsoft amazon facebook apple tesla "
     "samsung sony siemens bosch nokia ibm intel nvidia twitter youtube netflix uber airbnb "
     "paypal",
     0, UNIT_NONE},
    {LEX_ALIAS, "us usa american americans america", 1, UNIT_NONE},
    {LEX_ALIAS, "uk britain british england english", 2, UNIT_NONE},
    {LEX_ALIAS, "spain spanish spaniard spaniards", 3, UNIT_NONE},
    {LEX_ALIAS, "france french", 4, UNIT_NONE},
    {LEX_ALIAS, "germany german germans", 5, UNIT_NONE},
    {LEX_ALIAS, "netherlands dutch holland", 6, UNIT_NONE},
    {LEX_ALIAS, "greece greek greeks", 7, UNIT_NONE},
    {LEX_ALIAS, "switzerland swiss", 8, UNIT_NONE},
    {LEX_ALIAS, "denmark danish danes", 9, UNIT_NONE},
    {LEX_ALIAS, "sweden swedish swedes", 10, UNIT_NONE},
    {LEX_ALIAS, "poland polish poles", 11, UNIT_NONE},
    {LEX_ALIAS, "turkey turkish turks", 12, UNIT_NONE},
    {LEX_ALIAS, "ireland irish", 13, UNIT_NONE},
    {LEX_ALIAS, "finland finnish", 14, UNIT_NONE},
    {LEX_ALIAS, "wales welsh", 15, UNIT_NONE},
    {LEX_ALIAS, "portugal portuguese", 16, UNIT_NONE},
    {LEX_ALIAS, "china chinese", 17, UNIT_NONE},
    {LEX_ALIAS, "japan japanese", 18, UNIT_NONE},
    {LEX_ALIAS, "scotland scottish scots", 19, UNIT_NONE},
    {LEX_ALIAS, "eu europe european europeans", 20, UNIT_NONE},
    {LEX_ALIAS, "philippines filipino philippine", 21, UNIT_NONE},
    {LEX_ALIAS, "iceland icelandic", 22, UNIT_NONE},
    {LEX_ALIAS, "norway norwegian norwegians", 23, UNIT_NONE},
    {LEX_ALIAS, "peru peruvian", 24, UNIT_NONE},
    {LEX_ALIAS, "ukraine ukrainian", 25, UNIT_NONE},
    {LEX_ALIAS, "islam islamic muslim muslims", 26, UNIT_NONE},
    {LEX_ALIAS, "moscow russia russian russians kremlin", 27, UNIT_NONE},
    {LEX_ALIAS, "jew jews jewish", 28, UNIT_NONE},
    {LEX_ALIAS, "hungary hungarian", 29, UNIT_NONE},
};

const size_t lex_n_rows = BASE_COUNT(lex_rows);
