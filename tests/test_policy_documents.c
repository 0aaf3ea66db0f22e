/* What is written about the language: the schema takes exactly its keys and
 * words, both references name each, and whole policies fit the schema. */
#include "policy_house.h"

#include <jansson.h>
#include <regex.h>

#include "../policy/model.h"
#include "postern/settings.h"
#include "settings/templates.h"

static json_t *schema;

static uint8_t *read_file(const char *path, size_t *ret_len)
{
	uint8_t *bytes = NULL;

	diag_init(&diag, path);
	if (settings_read_file(".", path, &diag, &bytes, ret_len) != 0)
		skip();
	return bytes;
}

static int read_schema(void **state)
{
	(void)state;
	/* Tests may run without the documents beside them. */
	schema = json_load_file("docs/schema/policy.schema.json",
				JSON_REJECT_DUPLICATES, NULL);
	return 0;
}

static int free_schema(void **state)
{
	(void)state;
	json_decref(schema);
	return 0;
}

static void needs_schema(void)
{
	if (!schema)
		skip();
}

/* --- places in the schema ------------------------------------------------- */

static json_t *deref(json_t *node)
{
	const char *ref = json_string_value(json_object_get(node, "$ref"));

	if (!ref)
		return node;
	assert_int_equal(strncmp(ref, "#/$defs/", 8), 0);
	node = json_object_get(json_object_get(schema, "$defs"), ref + 8);
	assert_non_null(node);
	return node;
}

/* The part of a node, or of one of its alternatives, that has the keyword. */
static json_t *with(json_t *node, const char *keyword)
{
	json_t *part;
	size_t i;

	node = deref(node);
	if (json_object_get(node, keyword))
		return node;
	json_array_foreach(json_object_get(node, "oneOf"), i, part)
	{
		json_t *found = with(part, keyword);

		if (found)
			return found;
	}
	return NULL;
}

/* One step of a path: * any name, [] an entry, else a key. */
static json_t *step(json_t *node, const char *part)
{
	const char *keyword = strcmp(part, "*") == 0	? "additionalProperties"
			      : strcmp(part, "[]") == 0 ? "items"
							: "properties";

	node = with(node, keyword);
	if (!node)
		return NULL;
	node = json_object_get(node, keyword);
	return strcmp(keyword, "properties") == 0 ? json_object_get(node, part)
						  : node;
}

static json_t *place(const char *path)
{
	json_t *node = schema;
	char part[64];

	while (node && *path != '\0') {
		size_t len = strcspn(path, ".");

		assert_true(len < sizeof(part));
		memcpy(part, path, len);
		part[len] = '\0';
		path += len + (path[len] == '.');
		node = step(node, part);
	}
	return node;
}

static bool listed(const struct policy_list *list, const char *word)
{
	for (size_t i = 0; i < list->len; i++)
		if (strcmp(list->words[i], word) == 0)
			return true;
	return false;
}

static void the_schema_has_every_key_and_no_other(void **state)
{
	(void)state;
	needs_schema();
	for (size_t i = 0; i < KEY_LISTS; i++) {
		const struct policy_list *list = &policy_keys[i];
		json_t *node = place(list->path);
		json_t *keys, *ignored;
		const char *key;

		node = node ? with(node, "properties") : NULL;
		if (!node)
			fail_msg("the schema has no %s", list->path);
		keys = json_object_get(node, "properties");
		for (size_t k = 0; k < list->len; k++)
			if (!json_object_get(keys, list->words[k]))
				fail_msg("%s: the schema lacks %s", list->path,
					 list->words[k]);
		json_object_foreach(keys, key, ignored) if (!listed(list, key))
		    fail_msg("%s: %s is no key", list->path, key);
		if (!json_is_false(
			json_object_get(node, "additionalProperties")))
			fail_msg("%s: the schema takes any key", list->path);
	}
}

static void the_schema_has_every_word_and_no_other(void **state)
{
	(void)state;
	needs_schema();
	for (size_t i = 0; i < WORD_LISTS; i++) {
		const struct policy_list *list = &policy_words[i];
		json_t *node = place(list->path);
		json_t *words, *word;
		size_t k;

		node = node ? with(node, "enum") : NULL;
		if (!node)
			fail_msg("the schema has no words of %s", list->path);
		words = json_object_get(node, "enum");
		assert_int_equal(json_array_size(words), list->len);
		json_array_foreach(
		    words, k, word) if (!listed(list, json_string_value(word)))
		    fail_msg("%s: %s is no word", list->path,
			     json_string_value(word));
	}
}

/* --- the references ------------------------------------------------------- */

/* The part of a document under the heading that names a section; the whole
 * document where the section is not one of its own. */
static const char *section(const char *text, const char *path, size_t *ret_len)
{
	char heading[80];
	const char *at, *end;

	(void)snprintf(heading, sizeof(heading), "\n### `%.*s`",
		       (int)strcspn(path, "."), path);
	at = path[0] != '\0' ? strstr(text, heading) : text;
	*ret_len = 0;
	if (!at) {
		fail_msg("no heading for %s", path);
		return "";
	}
	end = path[0] != '\0' ? strstr(at + 1, "\n##") : NULL;
	*ret_len = end ? (size_t)(end - at) : strlen(at);
	return at;
}

static void names_all(const char *file, const char *text,
		      const struct policy_list *list)
{
	size_t len;
	const char *part = section(text, list->path, &len);

	for (size_t i = 0; i < list->len; i++) {
		char word[80];

		(void)snprintf(word, sizeof(word), "`%s`", list->words[i]);
		if (!memmem(part, len, word, strlen(word)))
			fail_msg("%s: %s does not name %s", file, list->path,
				 word);
	}
}

static void both_references_name_every_key_and_word(void **state)
{
	static const char *const files[] = {"docs/policy.md",
					    "docs/policy.de.md"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		size_t len, laws;
		const struct statutory *law = statutory_all(&laws);
		uint8_t *bytes = read_file(files[i], &len);
		char *text = calloc(1, len + 1);

		assert_non_null(text);
		memcpy(text, bytes, len);
		for (size_t k = 0; k < KEY_LISTS; k++)
			names_all(files[i], text, &policy_keys[k]);
		for (size_t k = 0; k < WORD_LISTS; k++)
			names_all(files[i], text, &policy_words[k]);
		for (int k = 0; k < FIND_PATTERN; k++)
			names_all(files[i], text,
				  &(const struct policy_list){
				      "redact", &policy_find_words[k], 1});
		for (size_t k = 0; k < laws; k++)
			names_all(files[i], text,
				  &(const struct policy_list){"data",
							      &law[k].name, 1});
		free(bytes);
		free(text);
	}
}

/* --- whole policies against the schema ------------------------------------ */

static bool fits(json_t *rule, const struct yaml *node);

static bool is_type(const char *type, const struct yaml *node)
{
	bool b;
	int64_t n;

	if (strcmp(type, "object") == 0)
		return node->type == YAML_MAP;
	if (strcmp(type, "array") == 0)
		return node->type == YAML_LIST;
	if (strcmp(type, "boolean") == 0)
		return yaml_bool(node, &b);
	if (strcmp(type, "integer") == 0)
		return yaml_int(node, &n);
	assert_string_equal(type, "string");
	return node->type == YAML_SCALAR && !yaml_bool(node, &b) &&
	       !yaml_int(node, &n) && !yaml_null(node);
}

static bool matches(const char *pattern, const char *text)
{
	regex_t re;
	bool ok;

	assert_int_equal(regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB), 0);
	ok = regexec(&re, text, 0, NULL, 0) == 0;
	regfree(&re);
	return ok;
}

static bool fits_text(json_t *rule, const char *text)
{
	json_t *min = json_object_get(rule, "minLength"),
	       *max = json_object_get(rule, "maxLength"),
	       *words = json_object_get(rule, "enum"), *word;
	const char *pattern =
	    json_string_value(json_object_get(rule, "pattern"));
	bool known = words == NULL;
	size_t i;

	json_array_foreach(words, i, word) known |=
	    strcmp(json_string_value(word), text) == 0;
	return known && (!pattern || matches(pattern, text)) &&
	       (!min || strlen(text) >= (size_t)json_integer_value(min)) &&
	       (!max || strlen(text) <= (size_t)json_integer_value(max));
}

static bool fits_number(json_t *rule, const struct yaml *node)
{
	json_t *min = json_object_get(rule, "minimum"),
	       *max = json_object_get(rule, "maximum");
	int64_t n = 0;

	return yaml_int(node, &n) && (!min || n >= json_integer_value(min)) &&
	       (!max || n <= json_integer_value(max));
}

static bool has_all(json_t *required, const struct yaml *map)
{
	json_t *key;
	size_t i;

	json_array_foreach(
	    required, i,
	    key) if (!yaml_get(map, json_string_value(key))) return false;
	return true;
}

static bool fits_map(json_t *rule, const struct yaml *map)
{
	json_t *keys = json_object_get(rule, "properties"),
	       *other = json_object_get(rule, "additionalProperties"),
	       *name_rule = json_object_get(rule, "propertyNames"), *needed;
	const char *key;

	if (!has_all(json_object_get(rule, "required"), map))
		return false;
	json_object_foreach(json_object_get(rule, "dependentRequired"), key,
			    needed) if (yaml_get(map, key) &&
					!has_all(needed, map)) return false;
	for (const struct yaml *at = map->first; at; at = at->next) {
		json_t *own = json_object_get(keys, at->key);

		if (name_rule && !fits_text(deref(name_rule), at->key))
			return false;
		if (own ? !fits(own, at)
			: json_is_false(other) || (other && !fits(other, at)))
			return false;
	}
	return true;
}

static bool fits_count(json_t *rule, const struct yaml *node)
{
	const char *const least[] = {"minItems", "minProperties"};
	const char *const most[] = {"maxItems", "maxProperties"};

	for (size_t i = 0; i < 2; i++) {
		json_t *min = json_object_get(rule, least[i]);
		json_t *max = json_object_get(rule, most[i]);

		if ((min && node->children < (size_t)json_integer_value(min)) ||
		    (max && node->children > (size_t)json_integer_value(max)))
			return false;
	}
	return true;
}

static bool fits_type(json_t *rule, const struct yaml *node, const char *type)
{
	if (!is_type(type, node) || !fits_count(rule, node))
		return false;
	if (node->type == YAML_MAP)
		return fits_map(rule, node);
	for (const struct yaml *at = node->first; at; at = at->next)
		if (!fits(json_object_get(rule, "items"), at))
			return false;
	if (strcmp(type, "string") == 0)
		return fits_text(rule, node->text);
	return strcmp(type, "integer") != 0 || fits_number(rule, node);
}

static bool fits(json_t *rule, const struct yaml *node)
{
	json_t *one = json_object_get(deref(rule), "oneOf"), *part;
	const char *type;
	size_t i, held = 0;
	bool b;

	rule = deref(rule);
	type = json_string_value(json_object_get(rule, "type"));
	json_array_foreach(one, i, part)
	{
		/* An alternative that only requires keys. */
		json_t *needs = json_object_get(part, "required");

		held += needs && !json_object_get(part, "type")
			    ? has_all(needs, node)
			    : fits(part, node);
	}
	if (one && held != 1)
		return false;
	if (json_object_get(rule, "const")) /* false is the only one */
		return yaml_bool(node, &b) && !b;
	return !type || fits_type(rule, node, type);
}

static bool file_fits(const uint8_t *bytes, size_t len)
{
	struct yaml_doc *doc = NULL;
	bool ok;

	diag_init(&diag, "policy.yaml");
	assert_int_equal(yaml_parse(bytes, len, &diag, &doc), 0);
	ok = fits(schema, yaml_root(doc));
	yaml_free(&doc);
	return ok;
}

static void good_policies_fit_the_schema(void **state)
{
	size_t len, templates;
	const struct template_policy *all = template_all(&templates);
	uint8_t *bytes;

	(void)state;
	needs_schema();
	for (size_t i = 0; i < templates; i++)
		if (!file_fits((const uint8_t *)all[i].bytes,
			       strlen(all[i].bytes)))
			fail_msg("%s", all[i].name);
	assert_true(file_fits((const uint8_t *)EXAMPLE, strlen(EXAMPLE)));
	bytes = read_file("tests/policies/everything.yaml", &len);
	assert_true(file_fits(bytes, len));
	free(bytes);
}

/* What is wrong in its form alone is wrong for the schema too. */
static void broken_forms_do_not_fit_the_schema(void **state)
{
	static const char *const broken[] = {
	    "01-channel-without-datenart",
	    "03-media-without-datenart",
	    "06-datenart-without-rule",
	    "08-datenart-with-two-rules",
	    "10-restricted-without-law",
	    "12-statutory-without-norm",
	    "14-purpose-without-basis",
	    "15-basis-unknown",
	    "25-notice-to-nobody",
	    "26-notice-without-complaint",
	    "33-notice-without-safe-url",
	    "46-hours-never",
	    "52-helpdesk-told-of-nothing",
	    "54-key-misspelt",
	    "57-period-wrong",
	    "60-test-that-cannot-fail",
	    "61-test-of-two-things",
	};

	(void)state;
	needs_schema();
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		char path[128];
		uint8_t *bytes;
		size_t len;

		(void)snprintf(path, sizeof(path),
			       "tests/policies/broken/%s.yaml", broken[i]);
		bytes = read_file(path, &len);
		if (file_fits(bytes, len))
			fail_msg("%s", broken[i]);
		free(bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_schema_has_every_key_and_no_other),
	    cmocka_unit_test(the_schema_has_every_word_and_no_other),
	    cmocka_unit_test(both_references_name_every_key_and_word),
	    cmocka_unit_test(good_policies_fit_the_schema),
	    cmocka_unit_test(broken_forms_do_not_fit_the_schema),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, read_schema, free_schema);
}
