/* rights.c - section rights: requests of data subjects. */
#include "settings/parse.h"

static const struct conf_number internal_days = {"internal", 1, 30, 7, "days"};
static const struct conf_number warn_days = {"warn", 1, 27, 7, "days"};
static const struct conf_number proof_days = {"days", 1, 30, 14, "days"};
static const struct conf_number proof_tries = {"tries", 1, 20, 5, "attempts"};
static const struct conf_number asked_days = {"asked_within", 0, 10, 3,
					      "working days"};

void conf_rights_defaults(struct settings *s)
{
	s->rights.internal_days = internal_days.fallback;
	s->rights.warn_days = warn_days.fallback;
	s->rights.proof_days = proof_days.fallback;
	s->rights.proof_tries = proof_tries.fallback;
	s->rights.asked_days = asked_days.fallback;
}

/* One of two words; true: the second. */
static void second_of(struct parse *in, const struct yaml *node,
		      const char *first, const char *second, bool *ret)
{
	const char *const words[] = {first, second};
	char word[24] = "";

	if (node && conf_word_into(in, node, words, 2, word, sizeof(word)))
		*ret = strcmp(word, second) == 0;
}

static void proof_read(struct parse *in, const struct yaml *map)
{
	static const char *const keys[] = {"days", "tries", "asked_within"};

	if (!map || !conf_is_map(in, map, "proof"))
		return;
	yaml_unknown_keys(map, keys, COUNT_OF(keys), in->diag);
	conf_number_into(in, map, &proof_days, &in->s->rights.proof_days);
	conf_number_into(in, map, &proof_tries, &in->s->rights.proof_tries);
	conf_number_into(in, map, &asked_days, &in->s->rights.asked_days);
}

void conf_rights(struct parse *in, const struct yaml *map)
{
	static const char *const keys[] = {"internal", "warn",	 "extension",
					   "erasure",  "copies", "proof"};
	struct settings *s = in->s;

	if (!conf_is_map(in, map, "rights"))
		return;
	yaml_unknown_keys(map, keys, COUNT_OF(keys), in->diag);
	conf_number_into(in, map, &internal_days, &s->rights.internal_days);
	conf_number_into(in, map, &warn_days, &s->rights.warn_days);
	second_of(in, yaml_get(map, "extension"), "from_receipt", "chained",
		  &s->rights.chained);
	second_of(in, yaml_get(map, "erasure"), "automatic", "decide",
		  &s->rights.decide);
	second_of(in, yaml_get(map, "copies"), "automatic", "decide",
		  &s->rights.copies);
	proof_read(in, yaml_get(map, "proof"));
}
