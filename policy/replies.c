/* replies.c - neutral confirmations, built in and the policy's own. */
#include <sodium.h>

#include "model.h"

/* Not advertising, no name of a product (compliance 4.4). */
static const struct {
	enum policy_reply reply;
	const char *name, *language, *text;
} texts[BUILTIN_REPLIES] = {
    {REPLY_STOPPED, "stopped_de", "de",
     "Sie sind abgemeldet und erhalten von uns keine Werbung mehr. Auf Ihre "
     "Anfragen antworten wir weiterhin."},
    {REPLY_STOPPED, "stopped_en", "en",
     "You are unsubscribed and will get no more advertising from us. We still "
     "answer your questions."},
    {REPLY_HELP, "help_de", "de",
     "Schreiben Sie uns Ihr Anliegen hier. STOP beendet Werbung, AUSKUNFT "
     "fragt nach Ihren Daten, DATEN LÖSCHEN beantragt die Löschung."},
    {REPLY_HELP, "help_en", "en",
     "Write to us here. STOP ends advertising, MY DATA asks what we hold "
     "about you, DELETE MY DATA asks for its deletion."},
    {REPLY_ERASE, "erase_de", "de",
     "Wir haben Ihren Antrag auf Löschung erhalten. Gelöscht ist noch nichts; "
     "wir melden uns hier, um ihn zu bestätigen."},
    {REPLY_ERASE, "erase_en", "en",
     "We received your request for erasure. Nothing is erased yet; we will "
     "come back to you here to confirm it."},
    {REPLY_ACCESS, "access_de", "de",
     "Wir haben Ihren Antrag auf Auskunft erhalten und melden uns hier, um "
     "ihn zu bestätigen."},
    {REPLY_ACCESS, "access_en", "en",
     "We received your request for access and will come back to you here to "
     "confirm it."},
};

void policy_builtin_replies(struct policy *p)
{
	for (size_t i = 0; i < BUILTIN_REPLIES; i++) {
		struct policy_notice *n = &p->builtin[i].n;

		(void)name_set(&n->name, texts[i].name, strlen(texts[i].name));
		memcpy(n->language, texts[i].language, LANGUAGE_BYTES);
		n->text = texts[i].text;
		n->text_len = strlen(n->text);
		(void)crypto_hash_sha256(n->sha256, (const uint8_t *)n->text,
					 n->text_len);
	}
}

void policy_parse_replies(struct policy *p, const struct yaml *map,
			  struct diag *diag)
{
	if (!policy_is_map(map, "replies", diag))
		return;
	(void)policy_known_keys(map, KEYS_REPLIES, diag);
	for (size_t i = 0; i < REPLIES; i++) {
		const struct yaml *node =
		    yaml_get(map, policy_keys[KEYS_REPLIES].words[i]);

		if (node && policy_field_says(node, &p->replies[i], diag))
			policy_check_says(p, &p->replies[i], diag);
	}
}

const struct policy_notice *policy_reply(const struct policy *p,
					 enum policy_reply reply,
					 const char *language)
{
	const struct policy_notice *first = NULL;

	if (p->replies[reply].len > 0)
		return policy_say_in(p, &p->replies[reply], language);
	for (size_t i = 0; i < BUILTIN_REPLIES; i++) {
		if (texts[i].reply != reply)
			continue;
		if (!first)
			first = &p->builtin[i].n;
		if (language && strcmp(p->builtin[i].n.language, language) == 0)
			return &p->builtin[i].n;
	}
	return first;
}
