#include "unit/task/secret_cases.h"

#include "base/compiler.h"

#define CODE(text, secret)                                                                         \
    { text, secret, SECRET_CODE }
#define PIN(text, secret)                                                                          \
    { text, secret, SECRET_PIN }
#define PASSWORD(text, secret)                                                                     \
    { text, secret, SECRET_PASSWORD }
#define LINK(text, secret)                                                                         \
    { text, secret, SECRET_LINK }
#define CARD(text, secret)                                                                         \
    { text, secret, SECRET_CARD }
#define PHRASE(text, secret)                                                                       \
    { text, secret, SECRET_PHRASE }
#define TOKEN(text, secret)                                                                        \
    { text, secret, SECRET_TOKEN }
#define NONE(text)                                                                                 \
    { text, NULL, SECRET_CODE }

const struct secret_case secret_cases[] = {
    /* codes, English */
    CODE("GitHub\nYour GitHub authentication code is 482913.", "482913"),
    CODE("Google\nG-582014 is your Google verification code.", "582014"),
    CODE("\n123456 is your Facebook confirmation code", "123456"),
    CODE("Instagram\nUse 482 913 to verify your Instagram account.", "482 913"),
    CODE("WhatsApp\nYour WhatsApp code: 123-456. Don't share this code with others", "123-456"),
    CODE("Bank\nDo not share this with anyone. One-time passcode: 90817263", "90817263"),
    CODE("\nYour OTP for the payment of Rs 4,500 at Bazaar is 774512. Valid for 10 minutes.",
         "774512"),
    CODE("\nOTP 5521 for login", "5521"),
    CODE("Microsoft\nUse 4821 as Microsoft account security code", "4821"),
    CODE("\nYour Uber code is 1234. Never share this code.", "1234"),
    CODE("Steam\nYour Steam Guard code: K7GQ2", "K7GQ2"),
    CODE("Apple\nYour Apple ID Code is: 381920. Don't share it with anyone.", "381920"),
    CODE("Slack confirmation code: ABC-DEF\nEnter it in your browser.", "ABC-DEF"),
    CODE("\nEnter 6610 to log in to your account.", "6610"),
    CODE("\n482913 is your login code for Acme. It expires in 10 minutes.", "482913"),
    CODE("Acme\nTo finish signing in, enter this code: 7H3K9Q", "7H3K9Q"),
    CODE("\nVerification code 0042", "0042"),
    CODE("482913\nis your verification code", "482913"),
    CODE("Messages\n839201", "839201"),
    CODE("\nYour Acme access code is 55 12 90.", "55 12 90"),
    CODE("\nYour one-time password: 8H2K91", "8H2K91"),
    CODE("\nHere is the code you asked for. It is 5 digits. 90210 is your verification code.",
         "90210"),
    CODE("\nYour authorization code for purchase of $49.99 at Store is 661204.", "661204"),
    CODE("\n@example.com #747723", "747723"),
    CODE("\nYour code is 747723.\n\n@example.com #747723", "747723"),
    CODE("\nYour device pairing code is 7731", "7731"),
    CODE("Anna\nThe door code is 4821", "4821"),
    CODE("Anna\nalarm code 9931, see you", "9931"),
    CODE("Locker\nYour pickup code is 402918. Locker at Main St.", "402918"),
    CODE("\nTwo-factor code: 1 2 3 4 5 6", "1 2 3 4 5 6"),
    CODE("\nFB-48213 is your confirmation code", "48213"),
    CODE("\nSecurity alert: your 2FA code is 119283. If you didn't request it, call us.", "119283"),
    CODE("\nYour reset code is 2024", "2024"),
    CODE("\nBackup codes: 12345678, 87654321, 11223344", "87654321"),
    CODE("\nYour recovery codes are 4f2a-9c81 77bd-02ce 91aa-3fd0", "77bd-02ce"),
    CODE("Signal\nYour Signal verification code: 913-204 Do not share this code", "913-204"),
    CODE("\nCVV 123, card is in the drawer", "123"),
    CODE("\nTelegram code 48213", "48213"),
    CODE("\nLogin code: 48213. Do not give this code to anyone, even if they say they are from "
         "Telegram!",
         "48213"),
    CODE("\nPlease use verification code K7PQ4M to continue", "K7PQ4M"),
    CODE("\nYour Amazon OTP is 118273. Do not share it.", "118273"),
    CODE("\nOTP-553201 for your transfer of EUR 250.00", "553201"),
    CODE("\nConfirm payment of 39,90 EUR to Shop with 550192", "550192"),
    CODE("Login attempt\nIf this was you, the code is 30 11 84.", "30 11 84"),
    CODE("\nPayPal: 774401 is your security code. Don't share it.", "774401"),
    CODE("\nYour passcode is 90 21.", "90 21"),
    CODE("\nYour activation code is XK4-99P-21Z", "XK4-99P-21Z"),
    CODE("\nGift card code: 7HQ2-88KD-PL0M", "7HQ2-88KD-PL0M"),
    /* codes, German */
    CODE("\nIhr Best\xc3\xa4tigungscode lautet 482913.", "482913"),
    CODE("\nDein Verifizierungscode: 913 204", "913 204"),
    CODE("\n482913 ist Ihr Sicherheitscode f\xc3\xbcr PayPal", "482913"),
    CODE("Sparkasse\nTAN: 550192 f\xc3\xbcr \xc3\x9c"
         "berweisung 250,00 EUR an M. Meier",
         "550192"),
    CODE("\nIhre mTAN lautet 774512. Betrag: 1.250,00 EUR", "774512"),
    CODE("DHL\nIhr Abholcode lautet 4821. Packstation 145", "4821"),
    CODE("\nGeben Sie 660193 ein, um sich anzumelden. Anmeldung nur bis 12 Uhr.", "660193"),
    CODE("\nIhr Code zur Anmeldung: 771290. Geben Sie ihn nicht weiter.", "771290"),
    CODE("\nEinmalpasswort: 118273", "118273"),
    CODE("\nDer T\xc3\xbcrcode ist 9931", "9931"),
    CODE("\nHier ist der Freischaltcode: 7H3K9Q", "7H3K9Q"),
    /* codes, French */
    CODE("\nVotre code de v\xc3\xa9rification est 482913.", "482913"),
    CODE("\n482913 est votre code de confirmation", "482913"),
    CODE("Banque\nCode de s\xc3\xa9"
         "curit\xc3\xa9 : 5512 0938. Ne le communiquez \xc3\xa0 personne.",
         "5512 0938"),
    CODE("\nSaisissez 660193 pour vous connecter", "660193"),
    CODE("\nVotre mot de passe \xc3\xa0 usage unique est 774512", "774512"),
    CODE("\nLe code d\xe2\x80\x99"
         "acc\xc3\xa8s de l\xe2\x80\x99immeuble est 4821",
         "4821"),
    CODE("\nVotre code : 903817. Il expire dans 5 minutes.", "903817"),
    CODE("\nCode de retrait 402918 pour votre colis", "402918"),
    /* codes, Spanish */
    CODE("\nTu c\xc3\xb3"
         "digo de verificaci\xc3\xb3n es 482913.",
         "482913"),
    CODE("\n482913 es tu c\xc3\xb3"
         "digo de Uber",
         "482913"),
    CODE("\nTu clave din\xc3\xa1mica es 550192. No la compartas.", "550192"),
    CODE("\nIntroduce 660193 para iniciar sesi\xc3\xb3n", "660193"),
    CODE("\nC\xc3\xb3"
         "digo de seguridad: 7712. No compartas este c\xc3\xb3"
         "digo.",
         "7712"),
    CODE("\nTu c\xc3\xb3"
         "digo de acceso: 903 817",
         "903 817"),
    CODE("\nC\xc3\xb3"
         "digo de un solo uso 118273",
         "118273"),
    /* codes, Portuguese */
    CODE("\nSeu c\xc3\xb3"
         "digo de verifica\xc3\xa7\xc3\xa3o \xc3\xa9 482913.",
         "482913"),
    CODE("\nO seu c\xc3\xb3"
         "digo de confirma\xc3\xa7\xc3\xa3o: 550192. N\xc3\xa3o partilhe.",
         "550192"),
    CODE("\n660193 \xc3\xa9 o seu c\xc3\xb3"
         "digo do Itau",
         "660193"),
    CODE("\nDigite 774512 para entrar na sua conta", "774512"),
    CODE("\nC\xc3\xb3"
         "digo de acesso 9038",
         "9038"),
    /* codes, Italian */
    CODE("\nIl tuo codice di verifica \xc3\xa8 482913.", "482913"),
    CODE("\n550192 \xc3\xa8 il tuo codice di conferma", "550192"),
    CODE("\nInserisci 660193 per accedere", "660193"),
    CODE("Poste\nIl codice OTP \xc3\xa8 774512. Non condividerlo con nessuno.", "774512"),
    CODE("\nCodice di sicurezza: 90-38-17", "90-38-17"),
    CODE("\nIl codice monouso 118273 scade tra 5 minuti", "118273"),
    /* codes, Dutch */
    CODE("\nJe verificatiecode is 482913.", "482913"),
    CODE("\n550192 is je inlogcode voor DigiD", "550192"),
    CODE("\nUw beveiligingscode: 7712. Deel deze code nooit.", "7712"),
    CODE("\nVoer 660193 in om in te loggen. Inloggen kan tot 12 uur.", "660193"),
    CODE("PostNL\nJe afhaalcode is 4021", "4021"),
    CODE("\nEenmalige code 903817", "903817"),
    /* codes, others */
    CODE("\n\xe3\x80\x90\xe6\xb7\x98\xe5\xae\x9d\xe3\x80\x91\xe6\x82\xa8\xe7\x9a\x84\xe9\xaa\x8c"
         "\xe8\xaf\x81"
         "\xe7\xa0\x81\xe6\x98\xaf"
         "482913",
         "482913"),
    CODE("\n\xd0\x92\xd0\xb0\xd1\x88 \xd0\xba\xd0\xbe\xd0\xb4: 550192", "550192"),
    CODE("\nTwoj kod weryfikacyjny: 660193", "660193"),
    /* PINs */
    PIN("Bank\nYour new card PIN is 4821", "4821"),
    PIN("Anna\nthe PIN is 1984", "1984"),
    PIN("\nPIN: 0042", "0042"),
    PIN("\nIhre PIN lautet 4821", "4821"),
    PIN("\nDie Geheimzahl ist 99120", "99120"),
    PIN("\nVotre code PIN est 4821", "4821"),
    PIN("\nPUK 12345678", "12345678"),
    PIN("\nJe pincode is 4821", "4821"),
    PIN("\nTu PIN es 4821", "4821"),
    PIN("\n4821 is the PIN for the garage", "4821"),
    /* passwords */
    PASSWORD("Anna\nwifi password is sunflower", "sunflower"),
    PASSWORD("\nPassword: correcthorse", "correcthorse"),
    PASSWORD("IT\nYour temporary password is Tr0ub4dor&3. Change it.", "Tr0ub4dor&3"),
    PASSWORD("\nThe password for the zip is \"open sesame\"", "open sesame"),
    PASSWORD("\nlogin: anna password: hunter2", "hunter2"),
    PASSWORD("\npassword hunter2", "hunter2"),
    PASSWORD("\npw=s3cr3t!", "s3cr3t!"),
    PASSWORD("\nDas WLAN-Passwort lautet Sommer2026!", "Sommer2026!"),
    PASSWORD("\nKennwort: geheim", "geheim"),
    PASSWORD("\nLe mot de passe est Soleil-42", "Soleil-42"),
    PASSWORD("\nLa contrase\xc3\xb1"
             "a es girasol7",
             "girasol7"),
    PASSWORD("\nA senha do wifi \xc3\xa9 girassol", "girassol"),
    PASSWORD("\nLa password \xc3\xa8 Girasole9", "Girasole9"),
    PASSWORD("\nHet wachtwoord is zonnebloem", "zonnebloem"),
    PASSWORD("\nPassphrase: four-Words-in-4row", "four-Words-in-4row"),
    /* links */
    LINK("Acme\nReset your password: https://acme.example/reset?token=4f9a8b7c6d5e",
         "4f9a8b7c6d5e"),
    LINK("\nYour magic link: https://app.example/l/abcdef", "https://app.example/l/abcdef"),
    LINK("\nhttps://acme.example/login?code=88231", "88231"),
    LINK("\nConfirm your email https://x.example/c/9f8e7d6c5b4a39281706", "9f8e7d6c5b4a39281706"),
    LINK("\nhttps://x.example/verify/9f8e7d6c5b4a39281706", "9f8e7d6c5b4a39281706"),
    LINK("\nhttps://anna:geheim@host.example/x", "geheim"),
    LINK("\nJoin https://zoom.example/j/981?pwd=QmxhYmxh", "QmxhYmxh"),
    LINK("\nPasswort zur\xc3\xbc"
         "cksetzen: www.example.org/p/1",
         "www.example.org/p/1"),
    LINK("\notpauth://totp/Acme?secret=JBSWY3DPEHPK3PXP", "JBSWY3DPEHPK3PXP"),
    LINK("\nhttps://files.example/doc?sig=abcd1234efgh5678", "abcd1234efgh5678"),
    /* cards */
    CARD("\nPay with 4111 1111 1111 1111", "4111 1111 1111 1111"),
    CARD("\nCard: 5555-5555-5555-4444", "5555-5555-5555-4444"),
    CARD("\namex 378282246310005", "378282246310005"),
    CARD("\nKarte 4012888888881881, danke", "4012888888881881"),
    /* phrases */
    PHRASE("\nYour recovery phrase: legal winner thank year wave sausage worth useful legal winner "
           "thank yellow",
           "sausage"),
    PHRASE("\nlegal winner thank year wave sausage worth useful legal winner thank yellow",
           "sausage"),
    PHRASE(
        "\nSeed phrase: 1. legal 2. winner 3. thank 4. year 5. wave 6. sausage 7. worth 8. useful",
        "sausage"),
    PHRASE("\nWiederherstellungsphrase: apfel birne kirsche traube melone zitrone orange banane",
           "melone"),
    /* tokens */
    TOKEN("\nYour token ghp_16C7e42F292c6912E7710c838347Ae178B4a is ready", "ghp_16C7e42F"),
    TOKEN("\nAKIAIOSFODNN7EXAMPLE was created", "AKIAIOSFODNN7EXAMPLE"),
    TOKEN("\nAPI key: 8f3k2qz91mma", "8f3k2qz91mma"),
    TOKEN("\nAuthorization: Bearer abcd1234efgh5678", "abcd1234efgh5678"),
    TOKEN("\neyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc", "eyJhbGciOiJIUzI1NiJ9"),
    TOKEN("\nsk-proj-abcdefghijklmnop12345678", "sk-proj-abcdefghijklmnop12345678"),
    TOKEN("\nRecovery key: EsTc-5rr1-9Qoq-Zx7K", "5rr1-9Qoq"),
    TOKEN("\n-----BEGIN OPENSSH PRIVATE KEY----- b3BlbnNzaC1rZXk", "b3BlbnNzaC1rZXk"),

    /* written after the rules, all of them; 40 of the 50 were found at once */
    CODE("\n"
         "Your Lyft code is 449201",
         "449201"),
    CODE("\n"
         "Use 50914 as your login code for Tinder. (Account Kit by Facebook)",
         "50914"),
    CODE("\n"
         "[TikTok] 660512 is your verification code, valid for 5 minutes. To keep your account "
         "safe, never forward this code.",
         "660512"),
    CODE("\n"
         "Dein TikTok-Best\xc3\xa4tigungscode lautet 881204.",
         "881204"),
    CODE("\n"
         "Netflix: Your temporary access code is 4471",
         "4471"),
    CODE("\n"
         "Hi Sam, we noticed a login from a new device. Enter 221904 to continue.",
         "221904"),
    PIN("\n"
        "To reset your PIN use 9911 within 10 min",
        "9911"),
    CODE("\n"
         "Bitte best\xc3\xa4tige deine Anmeldung mit dem Code AB12CD",
         "AB12CD"),
    CODE("\n"
         "Code 5574: confirm the transfer",
         "5574"),
    CODE("\n"
         "Chase: DON'T share. Use code 12345678 to confirm you're signing in. We'll NEVER call to "
         "ask for this code.",
         "12345678"),
    CODE("\n"
         "Your Venmo code is 1234 . Do not share",
         "1234"),
    CODE("\n"
         "Wells Fargo will NEVER call or text you for this code. DON'T share it. Access Code "
         "318822 only for use online.",
         "318822"),
    CODE("\n"
         "<#> Your ExampleApp code is: 123ABC78",
         "123ABC78"),
    CODE("\n"
         "Bank of America: DO NOT share this Sign In code. We will NEVER call you or text you for "
         "it. Code 551208. Reply HELP if you didn't request it.",
         "551208"),
    CODE("\n"
         "ING: Uw TAN-code voor volgnr 12 is 483920",
         "483920"),
    CODE("\n"
         "Votre code Doctolib est 402913",
         "402913"),
    CODE("\n"
         "Cr\xc3\xa9"
         "dit Mutuel: pour valider votre achat de 45,00\xe2\x82\xac, code 90817263",
         "90817263"),
    CODE("\n"
         "BBVA: 774120 es la clave para confirmar tu compra de 32,10 EUR",
         "774120"),
    CODE("\n"
         "Seu c\xc3\xb3"
         "digo iFood \xc3\xa9 5512",
         "5512"),
    CODE("\n"
         "Nubank: seu token \xc3\xa9 661204. N\xc3\xa3o informe a ningu\xc3\xa9m.",
         "661204"),
    CODE("\n"
         "Intesa: usa il codice 55120938 per autorizzare il pagamento",
         "55120938"),
    CODE("\n"
         "DigiD sms-code: 481903",
         "481903"),
    CODE("\n"
         "Kode OTP Anda adalah 552190",
         "552190"),
    CODE("\n"
         "Your 6-digit code: 771 203",
         "771 203"),
    CODE("\n"
         "Discord: Your verification code is: 661 992",
         "661 992"),
    CODE("\n"
         "Your Zoom one time code is 104482",
         "104482"),
    CODE("\n"
         "771204 - Your Coinbase verification code",
         "771204"),
    CODE("\n"
         "Kraken sign-in: 9QF2KD",
         "9QF2KD"),
    CODE("\n"
         "Here's your code! 48 20 11",
         "48 20 11"),
    CODE("\n"
         "Airbnb: Your verification code is 4412",
         "4412"),
    CODE("\n"
         "Your Lime code: 991204 abc",
         "991204"),
    CODE("\n"
         "Ihr Einmal-Code f\xc3\xbcr Klarna: 5120",
         "5120"),
    CODE("\n"
         "Klarna. Code 552013 . Dela aldrig koden.",
         "552013"),
    PASSWORD("\n"
             "Pass auf: das neue Passwort f\xc3\xbcr den Drucker hei\xc3\x9ft Erdbeere9",
             "Erdbeere9"),
    PASSWORD("\n"
             "netflix login: sam@example.com / Hunter22!",
             "Hunter22!"),
    TOKEN("\n"
          "New wifi: MyNet, key is bananas42",
          "bananas42"),
    PASSWORD("\n"
             "the pw for the sheet is kiwi",
             "kiwi"),
    PASSWORD("\n"
             "mdp wifi : soleil2026",
             "soleil2026"),
    PASSWORD("\n"
             "user: root pass: toor123",
             "toor123"),
    LINK("\n"
         "Klicken Sie hier, um Ihr Passwort zur\xc3\xbc"
         "ckzusetzen: https://k.example/r/xyz",
         "https://k.example/r/xyz"),
    LINK("\n"
         "Sign in to Medium: https://medium.example/m/callback/email?token=ab12cd34ef56",
         "ab12cd34ef56"),
    LINK("\n"
         "Verify your account: https://example.org/u/activate/MjM0/abcd-123456abcdef",
         "abcd-123456abcdef"),
    LINK("\n"
         "Tap to log in https://l.example.com/xYz12AbC34dEf56",
         "https://l.example.com/xYz12AbC34dEf56"),
    CARD("\n"
         "new card: 4242424242424242 exp 12/29",
         "4242424242424242"),
    PHRASE("\n"
           "my seed words are legal winner thank year wave sausage worth useful legal winner thank "
           "yellow keep safe",
           "sausage"),
    TOKEN("\n"
          "aws_secret_access_key=wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY",
          "wJalrXUtnFEMIK7MDENG"),
    PIN("\n"
        "PIN for parcel locker 22 is 551204",
        "551204"),
    CODE("\n"
         "Gate code #4410",
         "4410"),
    CODE("\n"
         "Safe combination 12-34-56",
         "12-34-56"),
    PIN("\n"
        "Your one-time verification PIN is 881204",
        "881204"),
    /* ... and 39 of these 40 were left alone */
    NONE("\n"
         "Your Uber is arriving in 4 minutes. Toyota Prius 8XYZ912"),
    NONE("\n"
         "Anna: room 1204 or 1304?"),
    NONE("\n"
         "Package delivered at 1432 Main St"),
    NONE("\n"
         "Bitcoin at 64,120"),
    NONE("\n"
         "You have 1024 unread emails"),
    NONE("\n"
         "Sprint 2411 review at 3"),
    NONE("\n"
         "Score: 21-14 4th quarter"),
    NONE("\n"
         "Reminder: pay rent 1250 by Friday"),
    NONE("\n"
         "BVG: U2 2 min delay"),
    NONE("\n"
         "LH 2034 now boarding gate A14"),
    NONE("\n"
         "Temperature 1013 hPa"),
    NONE("\n"
         "Dr. Meyer 27.11. 10:15 Uhr Raum 2104"),
    NONE("\n"
         "Zoom meeting ID: 981 2345 6789"),
    NONE("\n"
         "Please bring form 1040"),
    NONE("\n"
         "Nvidia RTX 4090 in stock"),
    NONE("\n"
         "Your table for 4 at 1930"),
    NONE("\n"
         "Kilometerstand 48213"),
    NONE("\n"
         "We have changed our code of conduct"),
    NONE("\n"
         "Sam shared document 20261127_report.pdf"),
    NONE("\n"
         "Commit 4f9a8b7 broke the build"),
    NONE("\n"
         "CVE-2026-48213 affects OpenSSL"),
    NONE("\n"
         "ISBN 9783161484100"),
    NONE("\n"
         "Your Spotify Wrapped 2026 is here"),
    NONE("\n"
         "Call ended 12 min 48 s"),
    NONE("\n"
         "Disk usage 48213 MB of 98304 MB"),
    NONE("\n"
         "Invoice INV-2026-0042 paid"),
    NONE("\n"
         "Deliveroo order 5512 on the way"),
    NONE("\n"
         "Vote 4821 to 3310"),
    NONE("\n"
         "Flat 4B, 10115 Berlin"),
    NONE("\n"
         "Reply 1 to confirm, 2 to cancel your appointment on 12/05"),
    NONE("\n"
         "Your payment of 4821.00 was confirmed"),
    NONE("\n"
         "Windows update KB5031455"),
    NONE("\n"
         "Match starts 2045"),
    NONE("\n"
         "Steps 10,432"),
    NONE("\n"
         "Room changed to 2.104"),
    NONE("\n"
         "New 2027 models"),
    NONE("\n"
         "Your login was successful at 1204 Main branch"),
    NONE("\n"
         "Membership 48213 renews today"),
    NONE("\n"
         "Passwords are hard, says study of 12000 users"),
    NONE("\n"
         "Learn to code in 2026"),

    /* and a second time: 35 of these 40 were found at once */
    CODE("\n"
         "Your Robinhood verification code is 551204. If you didn't request this, call us.",
         "551204"),
    CODE("\n"
         "Revolut: code 771-203. NEVER share this code",
         "771-203"),
    CODE("\n"
         "Twitch: 4 digit login code 8821",
         "8821"),
    CODE("\n"
         "Hey it's mom, I got a code 447120, what do I do with it",
         "447120"),
    CODE("\n"
         "Security code for your Facebook account: 5512 0093",
         "5512 0093"),
    CODE("\n"
         "Your Snapchat login code is 662013. Happy Snapping!",
         "662013"),
    CODE("\n"
         "Hello! Please confirm your email with this code: QX7-22P",
         "QX7-22P"),
    CODE("\n"
         "Your bank: authorise payment of \xc2\xa3"
         "32.10 to ASOS using passcode 110394",
         "110394"),
    PASSWORD("\n"
             "Vodafone: La tua password temporanea \xc3\xa8 88312",
             "88312"),
    CODE("\n"
         "UniCredit: codice 448201 per confermare il bonifico di EUR 500,00",
         "448201"),
    CODE("\n"
         "Ameli: votre code confidentiel provisoire est 552013",
         "552013"),
    CODE("\n"
         "La Banque Postale : validez votre op\xc3\xa9ration avec le code 660281",
         "660281"),
    CODE("\n"
         "Orange: Votre code 1234 est valable 10 minutes",
         "1234"),
    CODE("\n"
         "CaixaBank: introduce la clave 552819 para firmar la operaci\xc3\xb3n",
         "552819"),
    CODE("\n"
         "Correos: tu c\xc3\xb3"
         "digo de recogida es 7731",
         "7731"),
    CODE("\n"
         "Mercado Pago: use o c\xc3\xb3"
         "digo 448120 para entrar",
         "448120"),
    CODE("\n"
         "CTT: c\xc3\xb3"
         "digo de levantamento 2281",
         "2281"),
    CODE("\n"
         "Rabobank: je signeercode is 4471",
         "4471"),
    CODE("\n"
         "bol: gebruik code 552019 om in te loggen",
         "552019"),
    CODE("\n"
         "Comdirect: Ihre photoTAN 441829",
         "441829"),
    CODE("\n"
         "Volksbank: TAN 118203 f\xc3\xbcr Auftrag \xc3\xbc"
         "ber 1.204,50 EUR",
         "118203"),
    CODE("\n"
         "Elster: Ihr Aktivierungscode KX4P-99QA-ZZ21",
         "KX4P-99QA"),
    CODE("\n"
         "eBay: Ihr Sicherheitscode 448102. G\xc3\xbcltig 15 Min.",
         "448102"),
    PASSWORD("\n"
             "Das Passwort f\xc3\xbcrs G\xc3\xa4ste-WLAN ist blauerElefant",
             "blauerElefant"),
    PASSWORD("\n"
             "Kennwort f\xc3\xbcr den Ordner: Winter-77",
             "Winter-77"),
    CODE("\n"
         "Le code du portail est 7B4471",
         "7B4471"),
    PASSWORD("\n"
             "le mdp c'est Chaton!33",
             "Chaton!33"),
    CODE("\n"
         "la clave del wifi es perro123",
         "perro123"),
    PASSWORD("\n"
             "senha: abacaxi99",
             "abacaxi99"),
    PASSWORD("\n"
             "la pw di netflix \xc3\xa8 Gatto2020",
             "Gatto2020"),
    PASSWORD("\n"
             "wachtwoord: fiets!99",
             "fiets!99"),
    PIN("\n"
        "my pin for the debit card is 7712 dont tell anyone",
        "7712"),
    CODE("\n"
         "here's the gate code 4471#",
         "4471"),
    LINK("\n"
         "Follow this link to sign in: https://auth.example/magic/8f3a9c2b7d6e5f4a",
         "8f3a9c2b7d6e5f4a"),
    LINK("\n"
         "Reset link: https://x.example/pw?rt=77abf91c2d",
         "77abf91c2d"),
    CARD("\n"
         "amex is 3782 822463 10005",
         "3782 822463 10005"),
    TOKEN("\n"
          "here is the key sk_live_51Habcd1234efgh",
          "sk_live_51H"),
    PASSWORD("\n"
             "SSH key passphrase: over-the-moon",
             "over-the-moon"),
    CODE("\n"
         "OTP is 4 4 8 1 2 0",
         "4 4 8 1 2 0"),
    CODE("\n"
         "Verification: 551928",
         "551928"),
    /* ... and all of these 40 left alone */
    NONE("\n"
         "Your order 112-4471820-5512 has been delivered"),
    NONE("\n"
         "Gate B22 closes at 1040"),
    NONE("\n"
         "Rate limit: 5000 requests per hour"),
    NONE("\n"
         "GDP grew 2.5% in Q3 2026"),
    NONE("\n"
         "Mtg moved to bldg 42 rm 1101"),
    NONE("\n"
         "Run 3 of 2048 finished, loss 0.4412"),
    NONE("\n"
         "Hey, 2000 steps to go!"),
    NONE("\n"
         "Ben sent you 1250 kr"),
    NONE("\n"
         "The code is on GitHub now"),
    NONE("\n"
         "I left the code on the table for you"),
    NONE("\n"
         "Password must be 12 characters"),
    NONE("\n"
         "Password manager update 2026.1"),
    NONE("\n"
         "Please change your password every 90 days"),
    NONE("\n"
         "Key results for 2026: revenue up 1204 million"),
    NONE("\n"
         "He scored 1204 points"),
    NONE("\n"
         "Train IC 2024 is 15 minutes late"),
    NONE("\n"
         "Sendung 00340434161094 kommt heute"),
    NONE("\n"
         "Ihr Termin am 27.11.2026 um 10 Uhr, Zimmer 2104"),
    NONE("\n"
         "Rechnung Nr. 482913 \xc3\xbc"
         "ber 120,00 EUR"),
    NONE("\n"
         "Z\xc3\xa4hlerstand 48213 kWh"),
    NONE("\n"
         "Facture 2026-1204 disponible"),
    NONE("\n"
         "Votre vol AF1234 est \xc3\xa0 l'heure"),
    NONE("\n"
         "Train 8512 voie 4"),
    NONE("\n"
         "Su cita es el 12/05 a las 10:30"),
    NONE("\n"
         "Habitaci\xc3\xb3n 2104 lista"),
    NONE("\n"
         "O seu voo TP1944 embarca \xc3\xa0s 10:40"),
    NONE("\n"
         "Treno 9512 binario 4"),
    NONE("\n"
         "Je trein van 1430 rijdt niet"),
    NONE("\n"
         "Login from Berlin at 09:30"),
    NONE("\n"
         "Two new sign-ins on 27 Nov 2026"),
    NONE("\n"
         "Your verification was approved"),
    NONE("\n"
         "We verified your account on 12 Nov 2026"),
    NONE("\n"
         "Code review by Ben: 3 comments"),
    NONE("\n"
         "Version 2026.11 released"),
    NONE("\n"
         "PIN it on the board"),
    NONE("\n"
         "4471 Main Street, apartment 12"),
    NONE("\n"
         "Radio 1044 AM"),
    NONE("\n"
         "Photo 20261127_093000.jpg saved"),
    NONE("\n"
         "Temperature 2104 K"),
    NONE("\n"
         "Your subscription 4471-22 renews"),

    /* money, shares, counts */
    NONE("Bank\nYou paid $1,234.56 at Grocer"),
    NONE("Bank\nPayment of 4821 EUR received"),
    NONE("Bank\n\xe2\x82\xac"
         "4821 received from Anna"),
    NONE("Bank\nYour balance is 48213 USD"),
    NONE("\nRs 4500 debited from your account ending 4821"),
    NONE("Shop\n2499 points earned"),
    NONE("Health\nYou walked 10432 steps today"),
    NONE("Battery\n1500 mAh left, 85% charged"),
    NONE("\nBuild 482913 finished, 5312 tests passed"),
    NONE("\n1200 people like your photo"),
    NONE("\n1000 new messages"),
    NONE("Backup\n48213 files copied, 1024 MB"),
    NONE("Bitcoin\nBTC is up 5% at 98213"),
    NONE("\nPreis: 1299 \xe2\x82\xac statt 1599 \xe2\x82\xac"),
    NONE("\nVotre solde est de 4821 euros"),
    NONE("\nHai guadagnato 2500 punti"),
    /* years, dates, times */
    NONE("\nThe 2024 report is ready"),
    NONE("\nSee you in 2026!"),
    NONE("\nOlympics 2028 tickets on sale"),
    NONE("\nMeeting at 14:30 in the big hall"),
    NONE("\nTrain leaves 1430 from platform 12"),
    NONE("\nDue 2026-11-27"),
    NONE("\nAm 27.11.2026 um 10:15 Uhr"),
    NONE("\nUpdate 10.15.7 is available"),
    NONE("\nSince 1998 we bake bread"),
    NONE("\nLe rendez-vous est le 12/05/2026"),
    NONE("\nPassed in 1500 ms"),
    NONE("\nCopyright 2019 to 2026"),
    /* numbers of things */
    NONE("Shop\nYour order 4821930 has shipped"),
    NONE("Shop\nOrder #118273 is out for delivery"),
    NONE("Lufthansa\nFlight LH2034 boards at gate 1204"),
    NONE("Hotel\nYour room 2104 is ready"),
    NONE("\nInvoice 20261127 is due"),
    NONE("\nIhre Rechnung 482913 ist da"),
    NONE("\nBestellung 771290 wurde versandt"),
    NONE("\nVotre commande 482913 est en route"),
    NONE("\nTu pedido 550192 ha salido"),
    NONE("\nIl tuo ordine 660193 \xc3\xa8 in consegna"),
    NONE("\nJe bestelling 903817 is onderweg"),
    NONE("GitHub\nIssue 48213 was closed in pull request 48299"),
    NONE("GitHub\n#48213 opened by Ben"),
    NONE("Jira\nPROJ-4821 assigned to you"),
    NONE("\nBus 4821 is late"),
    NONE("\nTicket 482913 was answered"),
    NONE("\nCase 00482913: we have an update"),
    NONE("\nYour reference is 774512"),
    NONE("\nReference number 774512"),
    NONE("\nParcel 00340434161094 arrives today"),
    NONE("\nThe card ending in 4242 was charged"),
    NONE("\nCard ending 4242: new purchase"),
    NONE("\nYour account number is 12345678"),
    NONE("\nChapter 1204 is out"),
    NONE("\nSeat 1204, coach 7"),
    NONE("\nModel X4500 is back in stock"),
    NONE("\nSerial 4821X-9"),
    NONE("\nChannel 4821 posted a video"),
    NONE("\nCustomer 482913 wrote"),
    NONE("\nError 50012 in the log"),
    NONE("\nPort 8080 is already in use"),
    NONE("\nRFC 9180 was published"),
    NONE("\nBoeing 747400 at the museum"),
    NONE("\nThe Windows 11 update KB5031455 is ready"),
    /* telephone numbers, addresses */
    NONE("Phone\nMissed call from +49 151 23456789"),
    NONE("Phone\nMissed call from 0151 2345678"),
    NONE("\nCall 555-0123 for a table"),
    NONE("\nTel 030 1234567"),
    NONE("\nReply STOP to 43210"),
    NONE("\nText HELP to 12345"),
    NONE("\n10115 Berlin, Chausseestr. 4821"),
    NONE("\nZIP 90210"),
    NONE("\nIBAN DE89 3704 0044 0532 0130 00"),
    NONE("\nNew login from 203.0.113.5"),
    /* codes that are none */
    NONE("Shop\nUse promo code SAVE2026 for 20% off"),
    NONE("Shop\nUse code WELCOME10 at checkout and save"),
    NONE("Shop\nDiscount code: BLACK50"),
    NONE("Shop\nGutscheincode HERBST2026: 10% Rabatt"),
    NONE("Shop\nCode promo ETE2026"),
    NONE("Shop\nC\xc3\xb3"
         "digo promocional VERANO25"),
    NONE("Shop\nCodice sconto ESTATE25"),
    NONE("\nYour area code is 0301"),
    NONE("\nPostal code 10115"),
    NONE("\nCode postal 75011"),
    NONE("\nStatus code 50300 from the server"),
    NONE("\nExit code 1234"),
    NONE("\nFehlercode 4711"),
    NONE("\nError code 80070057 while updating"),
    NONE("\nDress code: black tie"),
    NONE("\nThe code review of 1204 lines is done"),
    NONE("\nScan the QR code at the door"),
    NONE("\nTracking code 1Z999AA10123456784"),
    NONE("\nBooking code X4T9QP, flight at noon"),
    NONE("\nSort code 200415"),
    NONE("\nWe never ask for your code."),
    NONE("\nCode freeze starts on Friday"),
    NONE("\nVS Code 1.104 is out"),
    /* passwords, links, words that are none */
    NONE("\nYour password was changed."),
    NONE("\nYour password is about to expire"),
    NONE("\nThe password is wrong"),
    NONE("\nPassword expired"),
    NONE("\nIhr Passwort ist abgelaufen"),
    NONE("\nDas Passwort wurde ge\xc3\xa4ndert"),
    NONE("\nVotre mot de passe a expir\xc3\xa9"),
    NONE("\nLa contrase\xc3\xb1"
         "a es incorrecta"),
    NONE("\nLa password \xc3\xa8 errata"),
    NONE("\nHet wachtwoord is verlopen"),
    NONE("\nForgot your password? Visit the help page."),
    NONE("\nNew article: https://news.example.org/2026/11/27/a-long-story-12345"),
    NONE("\nhttps://video.example/watch?v=dQw4w9WgXcQ"),
    NONE("\nhttps://shop.example/item?id=48213&utm_source=mail"),
    NONE("\nSee www.example.org for more"),
    NONE("\nPIN the message to the top of the 1204 others, please"),
    NONE("\nI pinned 3 messages"),
    NONE("\nToken of appreciation for 2026"),
    NONE("\nPlease call me when you are there and tell me how it went with the doctor today"),
    NONE("\nthe boys went home and then they had some food with their friends"),
    NONE("\n4111 1111 1111 1112 bottles"),
    NONE("\nCan you pick up the kids at 5?"),
    NONE("\nLunch at 1230?"),
};

const size_t n_secret_cases = BASE_COUNT(secret_cases);
