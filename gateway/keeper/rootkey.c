/* rootkey.c - read, write and judge the root key file. */
#include "keeper/rootkey.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keeper/reason.h"
#include "postern/text.h"

#define FIRST_LINE  "postern-root-key 1"
#define CHECK_BYTES 16
#define OPS_MAX	    16
#define MEMORY_MIN  (8ull * 1024 * 1024)
#define MEMORY_MAX  (1024ull * 1024 * 1024)

static const struct wrap_row root_row = {.kind = 'R'};

static void check_of(const char *text, size_t len, uint8_t ret[CHECK_BYTES])
{
	(void)crypto_generichash(ret, CHECK_BYTES, (const uint8_t *)text, len,
				 NULL, 0);
}

size_t rootkey_format(const struct rootkey *k, char ret[ROOTKEY_FILE_MAX])
{
	char instance[2 * WRAP_INSTANCE_BYTES + 1];
	char salt[2 * ROOTKEY_SALT_BYTES + 1];
	char body[2 * WRAPPED_BYTES + 1];
	char check_hex[2 * CHECK_BYTES + 1];
	char cost[128] = "";
	uint8_t check[CHECK_BYTES];
	int n, m;

	hex_encode(k->of.instance, WRAP_INSTANCE_BYTES, instance);
	hex_encode(k->salt, ROOTKEY_SALT_BYTES, salt);
	hex_encode(k->body, k->phrase ? WRAPPED_BYTES : WRAP_KEY_BYTES, body);
	if (k->phrase)
		(void)snprintf(cost, sizeof(cost),
			       "argon2id %" PRIu64 " %" PRIu64 " %s\n", k->ops,
			       k->memory, salt);
	n = snprintf(ret, ROOTKEY_FILE_MAX,
		     FIRST_LINE "\ninstance %s\nepoch %" PRIu32
				"\nmade %" PRId64 "\n%s%s %s\n",
		     instance, k->of.epoch, k->made_ms, cost,
		     k->phrase ? "wrapped" : "key", body);
	sodium_memzero(body, sizeof(body));
	assert(n > 0 && n < ROOTKEY_FILE_MAX);
	check_of(ret, (size_t)n, check);
	hex_encode(check, CHECK_BYTES, check_hex);
	m = snprintf(ret + n, ROOTKEY_FILE_MAX - (size_t)n, "check %s\n",
		     check_hex);
	assert(m > 0 && n + m < ROOTKEY_FILE_MAX);
	return (size_t)(n + m);
}

struct lines {
	const char *at;
	size_t left;
};

/* The value of the next line if it begins with word and a space. */
static bool line_value(struct lines *l, const char *word, const char **ret,
		       size_t *ret_len)
{
	const char *end = memchr(l->at, '\n', l->left);
	size_t word_len = strlen(word);
	size_t len;

	if (end == NULL)
		return false;
	len = (size_t)(end - l->at);
	if (len <= word_len || memcmp(l->at, word, word_len) != 0 ||
	    l->at[word_len] != ' ')
		return false;
	*ret = l->at + word_len + 1;
	*ret_len = len - word_len - 1;
	l->left -= len + 1;
	l->at = end + 1;
	return true;
}

static bool number(const char *text, size_t len, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (len == 0 || len > 19)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(text[i] - '0');
	}
	if (v > max)
		return false;
	*ret = v;
	return true;
}

/* "ops memory salt" */
static bool cost_line(const char *text, size_t len, struct rootkey *k)
{
	const char *a = memchr(text, ' ', len);
	const char *b;

	if (a == NULL)
		return false;
	b = memchr(a + 1, ' ', len - (size_t)(a + 1 - text));
	if (b == NULL)
		return false;
	return number(text, (size_t)(a - text), OPS_MAX, &k->ops) &&
	       k->ops > 0 &&
	       number(a + 1, (size_t)(b - a - 1), MEMORY_MAX, &k->memory) &&
	       k->memory >= MEMORY_MIN &&
	       hex_decode(b + 1, len - (size_t)(b + 1 - text), k->salt,
			  ROOTKEY_SALT_BYTES);
}

static bool label_lines(struct lines *l, struct rootkey *k)
{
	const char *v;
	size_t len;
	uint64_t n;

	if (!line_value(l, "instance", &v, &len) ||
	    !hex_decode(v, len, k->of.instance, WRAP_INSTANCE_BYTES))
		return false;
	if (!line_value(l, "epoch", &v, &len) ||
	    !number(v, len, UINT32_MAX, &n) || n == 0)
		return false;
	k->of.epoch = (uint32_t)n;
	if (!line_value(l, "made", &v, &len) || !number(v, len, INT64_MAX, &n))
		return false;
	k->made_ms = (int64_t)n;
	if (line_value(l, "argon2id", &v, &len)) {
		k->phrase = true;
		return cost_line(v, len, k);
	}
	return true;
}

static enum reason parse(const char *text, size_t len, struct rootkey *k)
{
	struct lines l = {.at = text, .left = len};
	uint8_t check[CHECK_BYTES], want[CHECK_BYTES];
	const char *v, *checked_end;
	size_t vlen;

	if (len == 0)
		return REASON_EMPTY;
	if (len < sizeof(FIRST_LINE) ||
	    memcmp(text, FIRST_LINE "\n", sizeof(FIRST_LINE)) != 0)
		return REASON_NO_KEY_FILE;
	l.at += sizeof(FIRST_LINE);
	l.left -= sizeof(FIRST_LINE);
	if (!label_lines(&l, k) ||
	    !line_value(&l, k->phrase ? "wrapped" : "key", &v, &vlen))
		return REASON_TRUNCATED;
	if (!hex_decode(v, vlen, k->body,
			k->phrase ? WRAPPED_BYTES : WRAP_KEY_BYTES))
		return REASON_LENGTH;
	checked_end = l.at;
	if (!line_value(&l, "check", &v, &vlen) || l.left != 0 ||
	    !hex_decode(v, vlen, want, CHECK_BYTES))
		return REASON_TRUNCATED;
	check_of(text, (size_t)(checked_end - text), check);
	if (sodium_memcmp(check, want, CHECK_BYTES) != 0)
		return REASON_TRUNCATED;
	return REASON_NONE;
}

int rootkey_parse(const char *text, size_t len, struct rootkey *ret,
		  struct err *err)
{
	struct rootkey k = {0};
	enum reason reason = parse(text, len, &k);

	if (reason == REASON_NONE)
		*ret = k;
	sodium_memzero(&k, sizeof(k));
	return reason == REASON_NONE ? 0 : REASON_SET(err, ERR_INPUT, reason);
}

static enum reason judge_file(int fd, bool credential)
{
	/* group may read: how systemd's access list shows on a credential */
	const mode_t refused = credential ? 0037 : 0077;
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return REASON_UNREADABLE;
	/* root may work on files it gave to the keeper's user */
	if (st.st_uid != 0 && st.st_uid != geteuid() && geteuid() != 0)
		return REASON_UNREADABLE;
	if ((st.st_mode & refused) != 0)
		return REASON_OPEN_TO_ALL;
	if (st.st_size == 0)
		return REASON_EMPTY;
	if (st.st_size > ROOTKEY_FILE_MAX)
		return REASON_NO_KEY_FILE;
	return REASON_NONE;
}

static ssize_t read_all(int fd, char ret[ROOTKEY_FILE_MAX])
{
	size_t len = 0;

	while (len < ROOTKEY_FILE_MAX) {
		ssize_t n = read(fd, ret + len, ROOTKEY_FILE_MAX - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

int rootkey_read(const char *path, bool credential, struct rootkey *ret,
		 struct err *err)
{
	char text[ROOTKEY_FILE_MAX];
	enum reason reason;
	ssize_t len;
	int rc = -1;
	/* a credential may be lent by its descriptor, /proc/self/fd/N */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK |
				(credential ? 0 : O_NOFOLLOW));

	if (fd < 0)
		return errno == ENOENT
			   ? REASON_SET(err, ERR_ABSENT, REASON_NO_FILE)
			   : REASON_SET(err, ERR_INPUT, REASON_UNREADABLE);
	reason = judge_file(fd, credential);
	if (reason != REASON_NONE) {
		REASON_SET(err, ERR_INPUT, reason);
		goto out;
	}
	len = read_all(fd, text);
	if (len < 0) {
		REASON_SET(err, ERR_INPUT, REASON_UNREADABLE);
		goto out;
	}
	rc = rootkey_parse(text, (size_t)len, ret, err);
out:
	sodium_memzero(text, sizeof(text));
	(void)close(fd); /* read only */
	return rc;
}

void rootkey_new_phrase(struct rootkey *k)
{
	k->phrase = true;
	k->ops = crypto_pwhash_OPSLIMIT_MODERATE;
	k->memory = crypto_pwhash_MEMLIMIT_MODERATE;
	randombytes_buf(k->salt, sizeof(k->salt));
}

int rootkey_derive(const struct rootkey *k, const void *phrase, size_t len,
		   uint8_t ret[WRAP_KEY_BYTES], struct err *err)
{
	_Static_assert(ROOTKEY_SALT_BYTES == crypto_pwhash_SALTBYTES, "salt");
	if (crypto_pwhash(ret, WRAP_KEY_BYTES, phrase, len, k->salt, k->ops,
			  (size_t)k->memory, crypto_pwhash_ALG_ARGON2ID13) != 0)
		return ERR_SET(err, ERR_NOMEM,
			       "no memory to check the passphrase", 0);
	return 0;
}

void rootkey_put(struct rootkey *k, const uint8_t kek[WRAP_KEY_BYTES],
		 const uint8_t root[WRAP_KEY_BYTES])
{
	if (k->phrase)
		wrap_seal(kek, &k->of, &root_row, root, k->body);
	else
		memcpy(k->body, root, WRAP_KEY_BYTES);
}

int rootkey_take(const struct rootkey *k, const uint8_t kek[WRAP_KEY_BYTES],
		 uint8_t ret[WRAP_KEY_BYTES], struct err *err)
{
	if (!k->phrase) {
		memcpy(ret, k->body, WRAP_KEY_BYTES);
		return 0;
	}
	if (wrap_open(kek, &k->of, &root_row, k->body, ret, err) != 0)
		return REASON_SET(err, ERR_INPUT, REASON_WRONG_PHRASE);
	return 0;
}
