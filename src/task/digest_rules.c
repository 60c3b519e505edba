#include "task/digest_rules.h"

#include <string.h>

/* Folded, as digest_words.h says; written by hand, from how phones, calendars, banks, shops and
 * networks word what they tell. */
static const struct phrase rows[] = {
    /* security */
    {"new sign in", ABOUT_SECURITY}, {"new login", ABOUT_SECURITY},
    {"new log in", ABOUT_SECURITY}, {"signed in from", ABOUT_SECURITY},
    {"sign in attempt", ABOUT_SECURITY}, {"login attempt*", ABOUT_SECURITY},
    {"log in attempt", ABOUT_SECURITY}, {"suspicious", ABOUT_SECURITY},
    {"unusual activity", ABOUT_SECURITY}, {"unusual sign in", ABOUT_SECURITY},
    {"unrecognized", ABOUT_SECURITY}, {"unrecognised", ABOUT_SECURITY},
    {"unauthori*", ABOUT_SECURITY}, {"fraud*", ABOUT_SECURITY},
    {"security alert", ABOUT_SECURITY}, {"data breach", ABOUT_SECURITY},
    {"was this you", ABOUT_SECURITY}, {"was that you", ABOUT_SECURITY},
    {"password was changed", ABOUT_SECURITY}, {"password changed", ABOUT_SECURITY},
    {"password has been changed", ABOUT_SECURITY}, {"compromised", ABOUT_SECURITY},
    {"malware", ABOUT_SECURITY}, {"account locked", ABOUT_SECURITY},
    {"account has been locked", ABOUT_SECURITY}, {"neue anmeldung", ABOUT_SECURITY},
    {"verdachtig*", ABOUT_SECURITY}, {"ungewohnliche", ABOUT_SECURITY},
    {"betrug*", ABOUT_SECURITY}, {"sicherheitswarnung", ABOUT_SECURITY},
    {"passwort wurde geandert", ABOUT_SECURITY}, {"warst du das", ABOUT_SECURITY},
    {"waren sie das", ABOUT_SECURITY}, {"nouvelle connexion", ABOUT_SECURITY},
    {"activite suspecte", ABOUT_SECURITY}, {"connexion inhabituelle", ABOUT_SECURITY},
    {"alerte de securite", ABOUT_SECURITY}, {"inicio de sesion nuevo", ABOUT_SECURITY},
    {"nuevo inicio de sesion", ABOUT_SECURITY}, {"actividad sospechosa", ABOUT_SECURITY},
    {"alerta de seguridad", ABOUT_SECURITY}, {"atividade suspeita", ABOUT_SECURITY},
    {"novo acesso", ABOUT_SECURITY}, {"alerta de seguranca", ABOUT_SECURITY},
    {"nuovo accesso", ABOUT_SECURITY}, {"attivita sospetta", ABOUT_SECURITY},
    {"avviso di sicurezza", ABOUT_SECURITY}, {"nieuwe aanmelding", ABOUT_SECURITY},
    {"verdachte", ABOUT_SECURITY}, {"beveiligingsmelding", ABOUT_SECURITY},
    /* calls */
    {"missed call*", ABOUT_MISSED}, {"missed voice call", ABOUT_MISSED},
    {"missed video call", ABOUT_MISSED}, {"missed facetime", ABOUT_MISSED},
    {"missed a call", ABOUT_MISSED}, {"voicemail", ABOUT_MISSED},
    {"tried to call you", ABOUT_MISSED}, {"incoming call", ABOUT_MISSED},
    {"verpasster anruf", ABOUT_MISSED}, {"verpasste anrufe", ABOUT_MISSED},
    {"entgangener anruf", ABOUT_MISSED}, {"mailbox nachricht", ABOUT_MISSED},
    {"appel manque", ABOUT_MISSED}, {"appels manques", ABOUT_MISSED},
    {"appel en absence", ABOUT_MISSED}, {"llamada perdida", ABOUT_MISSED},
    {"llamadas perdidas", ABOUT_MISSED}, {"chamada perdida", ABOUT_MISSED},
    {"chamada nao atendida", ABOUT_MISSED}, {"chamadas perdidas", ABOUT_MISSED},
    {"chiamata persa", ABOUT_MISSED}, {"chiamate perse", ABOUT_MISSED},
    {"gemiste oproep", ABOUT_MISSED}, {"gemiste oproepen", ABOUT_MISSED},
    /* emergencies */
    {"urgent", ABOUT_EMERGENCY}, {"urgently", ABOUT_EMERGENCY}, {"asap", ABOUT_EMERGENCY},
    {"emergency", ABOUT_EMERGENCY}, {"sos", ABOUT_EMERGENCY}, {"evacuate", ABOUT_EMERGENCY},
    {"call me now", ABOUT_EMERGENCY}, {"call me back", ABOUT_EMERGENCY},
    {"please call", ABOUT_EMERGENCY}, {"battery critical*", ABOUT_EMERGENCY},
    {"battery low", ABOUT_EMERGENCY}, {"low battery", ABOUT_EMERGENCY},
    {"battery is low", ABOUT_EMERGENCY}, {"disk full", ABOUT_EMERGENCY},
    {"disk is full", ABOUT_EMERGENCY}, {"disk failure", ABOUT_EMERGENCY},
    {"smoke", ABOUT_EMERGENCY}, {"leak detected", ABOUT_EMERGENCY},
    {"water leak", ABOUT_EMERGENCY}, {"motion detected", ABOUT_EMERGENCY},
    {"alarm", ABOUT_EMERGENCY}, {"severe weather", ABOUT_EMERGENCY},
    {"tornado warning", ABOUT_EMERGENCY}, {"flood warning", ABOUT_EMERGENCY},
    {"is down", ABOUT_EMERGENCY}, {"outage", ABOUT_EMERGENCY},
    {"cancelled", ABOUT_EMERGENCY}, {"canceled", ABOUT_EMERGENCY},
    {"dringend", ABOUT_EMERGENCY}, {"notfall", ABOUT_EMERGENCY},
    {"ruf mich an", ABOUT_EMERGENCY}, {"akku fast leer", ABOUT_EMERGENCY},
    {"akku schwach", ABOUT_EMERGENCY}, {"rauchmelder", ABOUT_EMERGENCY},
    {"unwetterwarnung", ABOUT_EMERGENCY}, {"urgence", ABOUT_EMERGENCY},
    {"rappelle moi", ABOUT_EMERGENCY}, {"batterie faible", ABOUT_EMERGENCY},
    {"urgente", ABOUT_EMERGENCY}, {"emergencia", ABOUT_EMERGENCY},
    {"llamame", ABOUT_EMERGENCY}, {"bateria baja", ABOUT_EMERGENCY},
    {"emergencia medica", ABOUT_EMERGENCY}, {"me liga", ABOUT_EMERGENCY},
    {"bateria fraca", ABOUT_EMERGENCY}, {"emergenza", ABOUT_EMERGENCY},
    {"chiamami", ABOUT_EMERGENCY}, {"batteria scarica", ABOUT_EMERGENCY},
    {"spoed", ABOUT_EMERGENCY}, {"noodgeval", ABOUT_EMERGENCY}, {"bel me", ABOUT_EMERGENCY},
    {"batterij bijna leeg", ABOUT_EMERGENCY},
    /* deadlines */
    {"due today", ABOUT_DEADLINE}, {"due tomorrow", ABOUT_DEADLINE}, {"due in", ABOUT_DEADLINE},
    {"overdue", ABOUT_DEADLINE}, {"past due", ABOUT_DEADLINE}, {"deadline", ABOUT_DEADLINE},
    {"by tonight", ABOUT_DEADLINE}, {"by end of day", ABOUT_DEADLINE}, {"eod", ABOUT_DEADLINE},
    {"by today", ABOUT_DEADLINE}, {"expires today", ABOUT_DEADLINE},
    {"expires tomorrow", ABOUT_DEADLINE}, {"ends today", ABOUT_DEADLINE},
    {"last day", ABOUT_DEADLINE}, {"last chance", ABOUT_DEADLINE},
    {"final notice", ABOUT_DEADLINE}, {"final reminder", ABOUT_DEADLINE},
    {"payment failed", ABOUT_DEADLINE}, {"payment declined", ABOUT_DEADLINE},
    {"card declined", ABOUT_DEADLINE}, {"heute fallig", ABOUT_DEADLINE},
    {"morgen fallig", ABOUT_DEADLINE}, {"uberfallig", ABOUT_DEADLINE},
    {"frist", ABOUT_DEADLINE}, {"lauft heute ab", ABOUT_DEADLINE},
    {"mahnung", ABOUT_DEADLINE}, {"zahlung fehlgeschlagen", ABOUT_DEADLINE},
    {"letzte erinnerung", ABOUT_DEADLINE}, {"aujourd hui dernier", ABOUT_DEADLINE},
    {"date limite", ABOUT_DEADLINE}, {"expire aujourd hui", ABOUT_DEADLINE},
    {"en retard de paiement", ABOUT_DEADLINE}, {"dernier rappel", ABOUT_DEADLINE},
    {"paiement refuse", ABOUT_DEADLINE}, {"echeance", ABOUT_DEADLINE},
    {"vence hoy", ABOUT_DEADLINE}, {"vence manana", ABOUT_DEADLINE},
    {"fecha limite", ABOUT_DEADLINE}, {"pago rechazado", ABOUT_DEADLINE},
    {"caduca hoy", ABOUT_DEADLINE}, {"vence hoje", ABOUT_DEADLINE},
    {"vence amanha", ABOUT_DEADLINE}, {"prazo", ABOUT_DEADLINE},
    {"pagamento recusado", ABOUT_DEADLINE}, {"scade oggi", ABOUT_DEADLINE},
    {"scade domani", ABOUT_DEADLINE}, {"scadenza", ABOUT_DEADLINE},
    {"pagamento rifiutato", ABOUT_DEADLINE}, {"vandaag verloopt", ABOUT_DEADLINE},
    {"verloopt vandaag", ABOUT_DEADLINE}, {"uiterlijk vandaag", ABOUT_DEADLINE},
    {"betaling mislukt", ABOUT_DEADLINE}, {"aanmaning", ABOUT_DEADLINE},
    /* soon */
    {"starts in", ABOUT_SOON}, {"starting in", ABOUT_SOON}, {"begins in", ABOUT_SOON},
    {"starting now", ABOUT_SOON}, {"starts now", ABOUT_SOON}, {"in 5 min*", ABOUT_SOON},
    {"in 10 min*", ABOUT_SOON}, {"in 15 min*", ABOUT_SOON}, {"in 30 min*", ABOUT_SOON},
    {"now boarding", ABOUT_SOON}, {"boarding", ABOUT_SOON}, {"gate closes", ABOUT_SOON},
    {"time to leave", ABOUT_SOON}, {"leave now", ABOUT_SOON}, {"delayed", ABOUT_SOON},
    {"gate changed", ABOUT_SOON}, {"gate change", ABOUT_SOON}, {"beginnt in", ABOUT_SOON},
    {"jetzt losfahren", ABOUT_SOON}, {"boarding beginnt", ABOUT_SOON},
    {"fallt aus", ABOUT_SOON}, {"verspatet", ABOUT_SOON}, {"commence dans", ABOUT_SOON},
    {"dans 10 min*", ABOUT_SOON}, {"dans 15 min*", ABOUT_SOON}, {"dans 5 min*", ABOUT_SOON},
    {"retarde", ABOUT_SOON}, {"empieza en", ABOUT_SOON}, {"comienza en", ABOUT_SOON},
    {"en 10 min*", ABOUT_SOON}, {"en 15 min*", ABOUT_SOON}, {"embarque", ABOUT_SOON},
    {"comeca em", ABOUT_SOON}, {"em 10 min*", ABOUT_SOON}, {"em 15 min*", ABOUT_SOON},
    {"inizia tra", ABOUT_SOON}, {"tra 10 min*", ABOUT_SOON}, {"tra 15 min*", ABOUT_SOON},
    {"imbarco", ABOUT_SOON}, {"begint over", ABOUT_SOON}, {"over 10 min*", ABOUT_SOON},
    {"over 15 min*", ABOUT_SOON}, {"vertraagd", ABOUT_SOON},
    /* at the door */
    {"at your door", ABOUT_NOW}, {"driver has arrived", ABOUT_NOW},
    {"driver is here", ABOUT_NOW}, {"ride is here", ABOUT_NOW},
    {"ride has arrived", ABOUT_NOW}, {"driver is arriving", ABOUT_NOW},
    {"arriving now", ABOUT_NOW}, {"is outside", ABOUT_NOW}, {"at the door", ABOUT_NOW},
    {"doorbell", ABOUT_NOW}, {"vor der tur", ABOUT_NOW}, {"an der tur", ABOUT_NOW},
    {"fahrer ist da", ABOUT_NOW}, {"est arrive", ABOUT_NOW}, {"devant la porte", ABOUT_NOW},
    {"ha llegado tu conductor", ABOUT_NOW}, {"tu conductor ha llegado", ABOUT_NOW},
    {"motorista chegou", ABOUT_NOW}, {"autista e arrivato", ABOUT_NOW},
    {"voor de deur", ABOUT_NOW}, {"aan de deur", ABOUT_NOW},
    /* deliveries */
    {"out for delivery", ABOUT_DELIVERY}, {"delivered", ABOUT_DELIVERY},
    {"arriving today", ABOUT_DELIVERY}, {"has shipped", ABOUT_DELIVERY},
    {"on its way", ABOUT_DELIVERY}, {"ready for pickup", ABOUT_DELIVERY},
    {"ready to collect", ABOUT_DELIVERY}, {"delivery", ABOUT_DELIVERY},
    {"zugestellt", ABOUT_DELIVERY}, {"in zustellung", ABOUT_DELIVERY},
    {"abholbereit", ABOUT_DELIVERY}, {"unterwegs", ABOUT_DELIVERY},
    {"en cours de livraison", ABOUT_DELIVERY}, {"livre", ABOUT_DELIVERY},
    {"en reparto", ABOUT_DELIVERY}, {"entregado", ABOUT_DELIVERY},
    {"saiu para entrega", ABOUT_DELIVERY}, {"entregue", ABOUT_DELIVERY},
    {"in consegna", ABOUT_DELIVERY}, {"consegnato", ABOUT_DELIVERY},
    {"bezorgd", ABOUT_DELIVERY}, {"onderweg", ABOUT_DELIVERY},
    /* you are meant */
    {"mentioned you", ABOUT_MENTION}, {"assigned to you", ABOUT_MENTION},
    {"assigned you", ABOUT_MENTION}, {"requested your review", ABOUT_MENTION},
    {"review requested", ABOUT_MENTION}, {"replied to you", ABOUT_MENTION},
    {"replied to your", ABOUT_MENTION}, {"invited you", ABOUT_MENTION},
    {"asks you", ABOUT_MENTION}, {"waiting for your", ABOUT_MENTION},
    {"hat dich erwahnt", ABOUT_MENTION}, {"hat sie erwahnt", ABOUT_MENTION},
    {"dir zugewiesen", ABOUT_MENTION}, {"vous a mentionne", ABOUT_MENTION},
    {"t a mentionne", ABOUT_MENTION}, {"te ha mencionado", ABOUT_MENTION},
    {"te menciono", ABOUT_MENTION}, {"mencionou voce", ABOUT_MENTION},
    {"ti ha menzionato", ABOUT_MENTION}, {"heeft je genoemd", ABOUT_MENTION},
    {"heeft je vermeld", ABOUT_MENTION},
    /* advertising */
    {"flash sale", ABOUT_SALE}, {"sale ends", ABOUT_SALE}, {"sale", ABOUT_SALE},
    {"limited time", ABOUT_SALE}, {"special offer", ABOUT_SALE}, {"offer", ABOUT_SALE},
    {"offers", ABOUT_SALE}, {"offer ends", ABOUT_SALE}, {"discount", ABOUT_SALE},
    {"discounts", ABOUT_SALE}, {"deal", ABOUT_SALE}, {"deals", ABOUT_SALE},
    {"promo code", ABOUT_SALE}, {"coupon", ABOUT_SALE}, {"voucher", ABOUT_SALE},
    {"black friday", ABOUT_SALE}, {"cyber monday", ABOUT_SALE}, {"shop now", ABOUT_SALE},
    {"free shipping", ABOUT_SALE}, {"save up to", ABOUT_SALE}, {"unsubscribe", ABOUT_SALE},
    {"newsletter", ABOUT_SALE}, {"don t miss out", ABOUT_SALE}, {"new arrivals", ABOUT_SALE},
    {"free trial", ABOUT_SALE}, {"upgrade to premium", ABOUT_SALE}, {"giveaway", ABOUT_SALE},
    {"we miss you", ABOUT_SALE}, {"earn points", ABOUT_SALE}, {"cashback", ABOUT_SALE},
    {"recommended for you", ABOUT_SALE}, {"angebot", ABOUT_SALE}, {"angebote", ABOUT_SALE},
    {"rabatt", ABOUT_SALE}, {"sonderangebot", ABOUT_SALE}, {"gutschein", ABOUT_SALE},
    {"jetzt sparen", ABOUT_SALE}, {"schnappchen", ABOUT_SALE}, {"soldes", ABOUT_SALE},
    {"promotion", ABOUT_SALE}, {"offre speciale", ABOUT_SALE}, {"code promo", ABOUT_SALE},
    {"livraison gratuite", ABOUT_SALE}, {"oferta", ABOUT_SALE}, {"ofertas", ABOUT_SALE},
    {"descuento", ABOUT_SALE}, {"rebajas", ABOUT_SALE}, {"envio gratis", ABOUT_SALE},
    {"desconto", ABOUT_SALE}, {"promocao", ABOUT_SALE}, {"frete gratis", ABOUT_SALE},
    {"offerta", ABOUT_SALE}, {"saldi", ABOUT_SALE}, {"sconto", ABOUT_SALE},
    {"spedizione gratuita", ABOUT_SALE}, {"aanbieding*", ABOUT_SALE}, {"korting", ABOUT_SALE},
    {"uitverkoop", ABOUT_SALE}, {"gratis verzending", ABOUT_SALE},
    /* networks */
    {"liked your", ABOUT_SOCIAL}, {"likes your", ABOUT_SOCIAL}, {"loved your", ABOUT_SOCIAL},
    {"reacted to your", ABOUT_SOCIAL}, {"started following you", ABOUT_SOCIAL},
    {"followed you", ABOUT_SOCIAL}, {"new follower*", ABOUT_SOCIAL},
    {"is now following", ABOUT_SOCIAL}, {"people you may know", ABOUT_SOCIAL},
    {"suggested for you", ABOUT_SOCIAL}, {"trending", ABOUT_SOCIAL},
    {"memories", ABOUT_SOCIAL}, {"went live", ABOUT_SOCIAL}, {"is live", ABOUT_SOCIAL},
    {"posted a new", ABOUT_SOCIAL}, {"shared a post", ABOUT_SOCIAL},
    {"shared a photo", ABOUT_SOCIAL}, {"added to their story", ABOUT_SOCIAL},
    {"viewed your profile", ABOUT_SOCIAL}, {"upvoted your", ABOUT_SOCIAL},
    {"starred your", ABOUT_SOCIAL}, {"birthday", ABOUT_SOCIAL},
    {"gefallt dein*", ABOUT_SOCIAL}, {"folgt dir", ABOUT_SOCIAL},
    {"hat auf deinen", ABOUT_SOCIAL}, {"aime votre", ABOUT_SOCIAL}, {"a aime", ABOUT_SOCIAL},
    {"a commence a vous suivre", ABOUT_SOCIAL}, {"le gusta tu", ABOUT_SOCIAL},
    {"le ha gustado", ABOUT_SOCIAL}, {"te sigue", ABOUT_SOCIAL},
    {"comenzo a seguirte", ABOUT_SOCIAL}, {"curtiu sua", ABOUT_SOCIAL},
    {"curtiu seu", ABOUT_SOCIAL}, {"comecou a seguir", ABOUT_SOCIAL},
    {"piace il tuo", ABOUT_SOCIAL}, {"ha iniziato a seguirti", ABOUT_SOCIAL},
    {"vindt je", ABOUT_SOCIAL}, {"volgt je", ABOUT_SOCIAL},
    /* went well */
    {"backup complete*", ABOUT_ROUTINE}, {"backup finished", ABOUT_ROUTINE},
    {"sync complete*", ABOUT_ROUTINE}, {"download complete*", ABOUT_ROUTINE},
    {"download finished", ABOUT_ROUTINE}, {"downloading", ABOUT_ROUTINE},
    {"uploading", ABOUT_ROUTINE}, {"installing", ABOUT_ROUTINE}, {"copying", ABOUT_ROUTINE},
    {"updates installed", ABOUT_ROUTINE}, {"update available", ABOUT_ROUTINE},
    {"updates available", ABOUT_ROUTINE}, {"updates are available", ABOUT_ROUTINE},
    {"screenshot", ABOUT_ROUTINE}, {"fully charged", ABOUT_ROUTINE},
    {"now playing", ABOUT_ROUTINE}, {"connected to", ABOUT_ROUTINE},
    {"daily summary", ABOUT_ROUTINE}, {"weekly report", ABOUT_ROUTINE},
    {"storage almost full", ABOUT_ROUTINE}, {"successfully", ABOUT_ROUTINE},
    {"sicherung abgeschlossen", ABOUT_ROUTINE}, {"heruntergeladen", ABOUT_ROUTINE},
    {"aktualisierung*", ABOUT_ROUTINE}, {"bildschirmfoto", ABOUT_ROUTINE},
    {"sauvegarde terminee", ABOUT_ROUTINE}, {"telechargement termine", ABOUT_ROUTINE},
    {"mise a jour", ABOUT_ROUTINE}, {"copia de seguridad completa", ABOUT_ROUTINE},
    {"descarga completa", ABOUT_ROUTINE}, {"actualizacion*", ABOUT_ROUTINE},
    {"download concluido", ABOUT_ROUTINE}, {"atualizacao disponivel", ABOUT_ROUTINE},
    {"backup completato", ABOUT_ROUTINE}, {"download completato", ABOUT_ROUTINE},
    {"aggiornament*", ABOUT_ROUTINE}, {"back up voltooid", ABOUT_ROUTINE},
    {"download voltooid", ABOUT_ROUTINE}, {"updates beschikbaar", ABOUT_ROUTINE},
    /* says little */
    {"ok", ABOUT_SMALL_TALK}, {"okay", ABOUT_SMALL_TALK}, {"thanks", ABOUT_SMALL_TALK},
    {"thank you", ABOUT_SMALL_TALK}, {"lol", ABOUT_SMALL_TALK}, {"haha*", ABOUT_SMALL_TALK},
    {"hi", ABOUT_SMALL_TALK}, {"hey", ABOUT_SMALL_TALK}, {"hello", ABOUT_SMALL_TALK},
    {"good morning", ABOUT_SMALL_TALK}, {"yes", ABOUT_SMALL_TALK}, {"yep", ABOUT_SMALL_TALK},
    {"no", ABOUT_SMALL_TALK}, {"nice", ABOUT_SMALL_TALK}, {"cool", ABOUT_SMALL_TALK},
    {"great", ABOUT_SMALL_TALK}, {"sure", ABOUT_SMALL_TALK}, {"danke", ABOUT_SMALL_TALK},
    {"hallo", ABOUT_SMALL_TALK}, {"ja", ABOUT_SMALL_TALK}, {"merci", ABOUT_SMALL_TALK},
    {"bonjour", ABOUT_SMALL_TALK}, {"salut", ABOUT_SMALL_TALK}, {"oui", ABOUT_SMALL_TALK},
    {"gracias", ABOUT_SMALL_TALK}, {"hola", ABOUT_SMALL_TALK}, {"si", ABOUT_SMALL_TALK},
    {"obrigado", ABOUT_SMALL_TALK}, {"obrigada", ABOUT_SMALL_TALK}, {"ola", ABOUT_SMALL_TALK},
    {"grazie", ABOUT_SMALL_TALK}, {"ciao", ABOUT_SMALL_TALK}, {"bedankt", ABOUT_SMALL_TALK},
    /* of others */
    {"new messages", ABOUT_MORE}, {"unread messages", ABOUT_MORE}, {"new emails", ABOUT_MORE},
    {"new notifications", ABOUT_MORE}, {"messages from", ABOUT_MORE},
    {"neue nachrichten", ABOUT_MORE}, {"nouveaux messages", ABOUT_MORE},
    {"mensajes nuevos", ABOUT_MORE}, {"nuevos mensajes", ABOUT_MORE},
    {"novas mensagens", ABOUT_MORE}, {"nuovi messaggi", ABOUT_MORE},
    {"nieuwe berichten", ABOUT_MORE},
};

static const struct phrase app_rows[] = {
    {"signal", APP_CHAT},        {"whatsapp*", APP_CHAT},   {"telegram*", APP_CHAT},
    {"messages", APP_CHAT},      {"message*", APP_CHAT},    {"sms", APP_CHAT},
    {"messaging", APP_CHAT},     {"messenger", APP_CHAT},   {"element*", APP_CHAT},
    {"slack", APP_CHAT},         {"discord", APP_CHAT},     {"teams", APP_CHAT},
    {"microsoft teams", APP_CHAT}, {"threema", APP_CHAT},   {"viber", APP_CHAT},
    {"wechat", APP_CHAT},        {"line", APP_CHAT},        {"skype", APP_CHAT},
    {"zulip", APP_CHAT},         {"mattermost", APP_CHAT},  {"imessage", APP_CHAT},
    {"chat", APP_CHAT},          {"fractal", APP_CHAT},     {"dino", APP_CHAT},
    {"gajim", APP_CHAT},         {"pidgin", APP_CHAT},      {"hexchat", APP_CHAT},
    {"nachrichten", APP_CHAT},   {"mensajes", APP_CHAT},    {"mensagens", APP_CHAT},
    {"messaggi", APP_CHAT},      {"berichten", APP_CHAT},   {"phone", APP_PHONE},
    {"dialer", APP_PHONE},       {"calls", APP_PHONE},      {"facetime", APP_PHONE},
    {"telefon*", APP_PHONE},     {"thunderbird", APP_MAIL}, {"mail", APP_MAIL},
    {"email", APP_MAIL},         {"gmail", APP_MAIL},       {"outlook", APP_MAIL},
    {"geary", APP_MAIL},         {"evolution", APP_MAIL},   {"kmail", APP_MAIL},
    {"k 9", APP_MAIL},           {"proton mail", APP_MAIL}, {"fastmail", APP_MAIL},
};

void digest_rules_init(struct digest_rules *r) {
    phrases_init(&r->phrases, rows, BASE_COUNT(rows));
    phrases_init(&r->apps, app_rows, BASE_COUNT(app_rows));
}

ingle_status digest_app_kind(const struct digest_rules *r, struct words_of *words, const char *app,
                             size_t len, enum digest_app_kind *kind, ingle_error *err) {
    *kind = APP_OTHER;
    INGLE_TRY(words_split(words, app, len, err));
    for (size_t i = 0; i < words->n; i++) {
        uint8_t meaning;
        if (!phrases_match(&r->apps, words, i, &meaning)) continue;
        *kind = (enum digest_app_kind)meaning;
        return INGLE_OK;
    }
    return INGLE_OK;
}

#define ALWAYS_ALARMS                                                                              \
    (ABOUT_BIT(ABOUT_SECURITY) | ABOUT_BIT(ABOUT_MISSED) | ABOUT_BIT(ABOUT_EMERGENCY))
#define ALARMS                                                                                     \
    (ALWAYS_ALARMS | ABOUT_BIT(ABOUT_DEADLINE) | ABOUT_BIT(ABOUT_SOON) | ABOUT_BIT(ABOUT_NOW))
#define SALES (ABOUT_BIT(ABOUT_SALE))
#define CAN_WAIT (SALES | ABOUT_BIT(ABOUT_SOCIAL) | ABOUT_BIT(ABOUT_ROUTINE))

static ingle_urgency urgency_of(uint32_t about, ingle_urgency hint, bool is_person) {
    bool sells = (about & SALES) && !is_person;
    if (sells) return hint == INGLE_URGENCY_CRITICAL ? INGLE_URGENCY_NORMAL : INGLE_URGENCY_LOW;
    if (about & ALWAYS_ALARMS) return INGLE_URGENCY_CRITICAL;
    if (about & ALARMS) {
        return hint == INGLE_URGENCY_LOW ? INGLE_URGENCY_NORMAL : INGLE_URGENCY_CRITICAL;
    }
    if (hint == INGLE_URGENCY_CRITICAL) return hint;
    bool is_for_me = about & (ABOUT_BIT(ABOUT_MENTION) | ABOUT_BIT(ABOUT_DELIVERY));
    if ((about & CAN_WAIT) && !is_person && !is_for_me) return INGLE_URGENCY_LOW;
    return is_for_me ? INGLE_URGENCY_NORMAL : hint;
}

/* "20% off": the words for it in the languages of the table stand behind the sign. */
static bool has_share_off(const char *text, size_t len) {
    const char *sign = len ? memchr(text, '%', len) : NULL;
    if (!sign) return false;
    size_t left = len - (size_t)(sign - text);
    return (left > 4 && (memcmp(sign + 1, " off", 4) == 0 || memcmp(sign + 1, " OFF", 4) == 0)) ||
           (left > 5 && memcmp(sign + 1, " auf ", 5) == 0);
}

void digest_judge(const struct digest_rules *r, const struct words_of *words, const char *text,
                  size_t len, ingle_urgency hint, bool is_person, struct digest_facts *out) {
    *out = (struct digest_facts){0};
    size_t n_small = 0;
    for (size_t i = 0, step; i < words->n; i += step) {
        uint8_t about = ABOUT_NOTHING;
        step = phrases_match(&r->phrases, words, i, &about);
        if (about == ABOUT_SMALL_TALK) n_small += step;
        if (step && about != ABOUT_SMALL_TALK) out->about |= ABOUT_BIT(about);
        if (step == 0) step = 1;
    }
    if (words->n && n_small * 2 > words->n) out->about |= ABOUT_BIT(ABOUT_SMALL_TALK);
    if (has_share_off(text, len)) out->about |= SALES;
    out->is_question = len > 0 && text[len - 1] == '?';
    out->urgency = urgency_of(out->about, hint, is_person);
    out->weight = 10 * (int)out->urgency;
    if (out->about & ABOUT_BIT(ABOUT_MENTION)) out->weight += 4;
    if (out->is_question && is_person) out->weight += 4;
    if (out->about & ABOUT_BIT(ABOUT_DELIVERY)) out->weight += 2;
    if (out->about & (ABOUT_BIT(ABOUT_SMALL_TALK) | ABOUT_BIT(ABOUT_MORE))) out->weight -= 3;
}
