/**
 * What makes a name the name of a secret. Whole words decide, so that `KEYCLOAK_REALM` and `COMPASS_URL` stay readable. The
 * redactor asks here for every name in a text, and the survey for every variable and setting of a host.
 */

/** Splits a list that is easier to read and to sort as one text. */
const words = (list: string): ReadonlySet<string> => new Set(list.trim().split(/\s+/));
/** The same for pairs of words: `api-key`. */
const pairs = words;

/** These name a secret wherever they stand in a name: `PASSWORD_PROD`, `token_of_bot`. */
const STRONG = words(`
  password passwords passwd passwds passphrase passphrases passcode passcodes secret secrets token credential credentials
  cred creds private apikey apikeys authkey authtoken accesskey accesstoken secretkey privatekey sessionid sessid
  passwort kennwort geheimnis contrasena senha motdepasse mdp wachtwoord parola haslo heslo lozinka
`);

/** These do so only at the end of a name: `SMTP_PASS`, `APP_SALT`, but not `PASS_THROUGH` and `auth_basic`. */
const LAST = words(`
  pass pw pwd psk pin otp totp salt auth oauth dsn key keys tokens signature signing sig sas hmac jwt jws bearer pepper mnemonic
  cookie webhook webhooks priv userpw passw authorization
`);

/** Two words in a row that name a secret though neither of them does on its own. */
const PAIRS = pairs(`
  enterprise-code auth-code authorization-code verification-code otp-code access-code security-code recovery-code
  recovery-codes backup-codes activation-code pin-code sms-code one-time session-id secret-id secret-value webhook-url
  webhook-uri webhook-endpoint hook-url hooks-url pass-phrase pass-word pass-code pass-wd security-answer card-number
  gitlab-session laravel-session recovery-phrase seed-phrase master-seed totp-seed snmp-community connection-string
`);

/** What ends in one of these says something about a secret, or where it is kept, and holds none. */
const ABOUT = words(`
  file files filename path paths dir directory folder location url uri urls endpoint name names id ids type types kind policy
  length len min max size count age ttl expiry expires expire expiration expired exp timeout lifetime duration interval
  format prefix suffix algorithm algorithms algo alg method methods mode enabled enable disabled disable required optional
  strength field fields column columns table error errors exception hint prompt provider providers server servers host
  hosts port realm layout header headers validation validator check checker checks policies reset change changed manager
  store ring rotation version bits usage source index indexes map mapping order alias label title status state valid
  invalid failed failure last date time at uid env ref refs command cmd option options page form view action request
  requests response encryption authentication middleware class user username usernames login email domain domains scope
  scopes audience issuer plugin module backend service driver config configuration settings ip address addresses network
  networks subnet interface registry image cloud zone zones ok required limit limits rate protocol version proto storage
  template helper agent generator factory handler parser reader writer tokenizer hook callback basic digest through
  stdin fd manager rotate cache caching counter total used left remaining tickets ticket info debug level
`);

/** A name that ends in `pass`, `pw` or `key` with one of these in front, run together: `pgpass`, `rootpw`, `sshkey`. */
const RUN_TOGETHER =
  /^(?:db|pg|my|sql|mysql|mssql|postgres|user|usr|root|admin|adm|smtp|imap|pop|mail|email|ftp|sftp|ssh|ssl|tls|wifi|wpa|store|trust|key|require|http|https|ldap|bind|redis|rabbit|amqp|mqtt|sudo|su|web|auth|login|cert|cfg|api|odoo|erp|master|client|server|sys|system|ha|vnc|rdp|vpn|app|default|old|new|db2|ora|oracle|mongo|enable|guest|owner|backup|repl|replication|my|the|super)(?:pass|passwd|pw|pwd|psk|pin|auth)$/;
const RUN_TOGETHER_KEY =
  /^(?:api|secret|access|private|priv|auth|encryption|encrypt|enc|crypt|crypto|master|account|shared|signing|sign|signature|hmac|aes|des|rsa|jwt|app|client|server|license|licence|storage|admin|user|ssh|ssl|tls|deploy|session|cookie|service|subscription|gpg|pgp|wep|wpa|psk|data|root|site)(?:key|keys)$/;
/** One word run together with others: `dbpassword`, `clientsecret`, `usertoken`. */
const CONTAINS = /(?:password|passwort|passwd|passphrase|apikey)/;
const ENDS = /(?:secret|token|sessid|sessionid|credentials|masterauth|webhookurl)$/;
/** The same as {@link ABOUT}, run together: `passwordfile`, `tokenurl`. */
const ENDS_ABOUT =
  /(?:password|passwd|secret|token|key)s?(?:file|filename|path|dir|directory|length|policy|url|uri|id|type|name|field|hint|reset|expiry|expires|age|count|ttl|regex)$/;

/** Whose keys are no secrets: of databases, dictionaries and keyboards, and those that everybody may know. */
const OPEN_KEYS = words(`
  public pub primary foreign partition sort cache registry unique certificate cert crt host known index lookup group row
  column table routing translation i18n dict dictionary json yaml xml field object map search order join shortcut hot arrow
  missing duplicate invalid unknown unexpected idempotency dedup bucket publishable natural candidate composite surrogate
  cluster distribution shard range no any some every each other wrong config configuration option setting env environment
  press enter escape function tab space with by per of the a an this that which parent child sub section node property
  attribute model record ref reference message log data-source kms-alias template zone
`);

/** What tells nothing about what a name is: environments, numbers of a copy, and how a value is written. */
const QUALIFIERS = words(`
  prod production prd staging stage dev development test testing live local default old new current previous next base value
  val string str text plain plaintext cleartext clear raw encrypted enc hashed hash b64 base64 hex main backup ro rw read
  write readonly readwrite primary secondary replica master slave v eu us key1 key2
`);

/** A word that counts or limits tokens: `max_tokens`. */
const COUNTS = words(
  "max min num number total count input output completion prompt cached used server n per context stop special",
);

/** `InvalidToken` is the name of an error, and a public token is for everybody. */
const NOT_A = words("public csp invalid expired missing bad unexpected illegal unknown wrong no nor forbids");

/** Without one of these a name is none of a secret: asked first, since it is quick. */
const WORTH_A_LOOK =
  /pass|pw|secr|token|key|cred|auth|pin|otp|psk|salt|sig|dsn|code|sess|cookie|priv|hook|jw[ts]|bearer|pepper|phrase|mnemonic|seed|wort|geheim|contras|senha|mdp|wachtw|parola|haslo|heslo|lozink|community|connection|card|answer|one|sas|hmac/i;

/** Longer names count by their end, where what they are is said. */
const LONGEST_NAME = 120;

/** `DB_PASSWORD`, `x-api-key`, `AccountKey`, `db2Password` to words in small letters, without numbers. */
function wordsOf(name: string): string[] {
  return (name.match(/[A-Z]{1,120}(?![a-z])|[A-Z]?[a-z]{1,120}/g) ?? []).map((word) => word.toLowerCase());
}

const isStrong = (word: string): boolean =>
  STRONG.has(word) ||
  RUN_TOGETHER.test(word) ||
  RUN_TOGETHER_KEY.test(word) ||
  CONTAINS.test(word) ||
  ENDS.test(word);

function decide(name: string): boolean {
  const all = wordsOf(name);
  while (all.length > 1 && QUALIFIERS.has(all.at(-1) ?? "") && !PAIRS.has(all.slice(-2).join("-"))) all.pop();
  const last = all.at(-1);
  if (last === undefined) return false;
  const before = all.at(-2) ?? "";
  if (PAIRS.has(`${before}-${last}`)) return true;
  if (ABOUT.has(last) || ENDS_ABOUT.test(last)) return false;
  if (last === "key" || last === "keys") {
    // `KEY=…` of an environment; a `key` in a sentence, a log or a document is that of a dictionary or of a table.
    if (before === "") return name.startsWith("KEY");
    return !OPEN_KEYS.has(before);
  }
  if (last === "tokens") return before !== "" && !COUNTS.has(before);
  if (NOT_A.has(before)) return false;
  return LAST.has(last) || all.some(isStrong) || isStrong(all.join(""));
}

const KNOWN = new Map<string, boolean>();
/** Hosts choose the names: what is remembered of them is bounded. */
const MOST_KNOWN = 20_000;

/**
 * Whether what stands under a name is a secret.
 *
 * @param name of a variable, a setting, a field, a header, an option; in any spelling
 */
export function isSecretName(name: string): boolean {
  const end = name.length > LONGEST_NAME ? name.slice(-LONGEST_NAME) : name;
  if (!WORTH_A_LOOK.test(end)) return false;
  const known = KNOWN.get(end);
  if (known !== undefined) return known;
  if (KNOWN.size >= MOST_KNOWN) KNOWN.clear();
  const decided = decide(end);
  KNOWN.set(end, decided);
  return decided;
}

/** Passwords and what is like one: a word behind such a name is a secret even where no sign stands between them. */
export function isPasswordName(name: string): boolean {
  const end = name.slice(-LONGEST_NAME);
  return /pass|pw|secret|credential|kennwort|masterauth/i.test(end) && isSecretName(end);
}

/** A reference to where the secret is kept, as Compose, shells and templates write it; or that there is none. */
const REFERENCES: readonly RegExp[] = [
  /^\$\{\w+(?::?\?[^{}]*)?\}$/,
  /^\$[A-Za-z_]{3,}$/,
  /^\{\{[^{}]*\}\}$/,
  /^<[A-Za-z][A-Za-z _-]{0,40}>$/,
  /^\(\w{0,10}\)$/,
  /^\*+$/,
  /^[Xx]{3,}$/,
];
const LONGEST_REFERENCE = 204;
const NO_VALUES = words("true false none null nil undefined yes no on off");
const isNoValue = (value: string): boolean =>
  NO_VALUES.has(value.toLowerCase()) ||
  (value.length <= LONGEST_REFERENCE && REFERENCES.some((form) => form.test(value)));
const PLACE = /^(?:\/[\w.@+-]{1,100}){2,20}\/?$/;

/**
 * The same for a name and its value together: a reference to a secret is none, nor is the file that a key lies in, nor the
 * directory that shells call `PWD`.
 */
export function holdsSecret(name: string, value: string): boolean {
  if (value === "" || isNoValue(value) || !isSecretName(name)) return false;
  if (
    value.startsWith("/") &&
    (/^(?:OLD)?PWD$/.test(name) || (/key|cert|auth|sock/i.test(name) && PLACE.test(value)))
  )
    return false;
  return true;
}
