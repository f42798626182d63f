// Usual names of columns and of files. Case and separators do not count: userId, user_id, "User ID" and USERID are one name. Borders of words
// do: "revenue" is no venue, "has_video" no video, "price_paid" no id.

/** What a column can be besides an attribute. */
export type ColumnRole = 'user' | 'item' | 'time';

/**
 * Names by which columns are known, the likeliest first. Ids with other words before them, such as `shop_user_id`, are found too, after
 * those that are called so outright.
 */
const USUAL_NAMES: Readonly<Record<ColumnRole | 'visit', readonly string[]>> = {
  user: words(
    'userid user uid reviewerid customerid customer clientid memberid visitorid accountid profileid',
    'personid buyerid playerid listenerid steamid username useruuid fullvisitorid customeruniqueid member',
    'customer client visitor account person buyer player reviewer subscriberid guestid patientid studentid',
    'learnerid passengerid householdid householdkey customerkey userkey customerno customernumber customercode',
    'usercode loyaltyid anonymousid usersid customersid useremail customeremail email emailaddress mail',
    'kunde kundenid kundennr kundennummer kundin nutzer nutzerid benutzer benutzerid utilisateur utente cliente',
    'clienteid usuario usuarioid cookieid deviceid',
  ),
  // A log without users may still have visits.
  visit: words('sessionid session sid visitid basketid'),
  item: words(
    'itemid item iid parentasin asin productid product movieid businessid gmapid sku artistid trackid',
    'songid videoid bookid isbn gameid appid articleid newsid contentid recipeid hotelid venueid placeid',
    'locationid poiid listingid courseid offerid postid documentid docid showid animeid podcastid beerid',
    'wineid stockcode productcode articlenumber movie business artist track song video book game app',
    'article recipe venue variantid itemsku productsku itemcode itemno itemnumber productno productnumber',
    'productkey itemkey articleno articlecode skuid ean gtin upc barcode artikel artikelid artikelnr',
    'artikelnummer produkt produktid produktnr produktnummer produit produitid producto productoid articulo',
    'prodotto articolo',
  ),
  time: words(
    'timestamp time ts unixreviewtime datetime date eventtime eventtimestamp unixtime epoch createdat',
    'created occurredat happenedat at purchasedat purchasedate purchasetime orderdate orderedat',
    'reviewdate viewedat clickedat listenedat playedat watchedat ratedat visitedat visitdate eventdate',
    'invoicedate transactiondate tdat timestampms when utctime reviewtime timeframe zeitstempel zeit datum',
  ),
};

function words(...lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => line.split(' '));
}

/** The last word of names that are attributes, however much their values look like ids. */
const ATTRIBUTES = new Set(
  words(
    'rating ratings star stars score scores overall price prices amount quantity qty count counts vote votes helpful',
    'event eventtype type types action behaviour behavior label age gender weight playtime hours verified category',
    'categories categoryid brand city country state seconds minutes days duration length agent title titles text',
    'comment cost costs discount tax total revenue paid currency status flag rank position rate share percent',
    'channel platform source language locale browser os size color colour url link image year month weekday',
  ),
);
/** Beginnings of names that say yes or no, or how many. */
const YES_OR_NO = new Set(
  words(
    'is has had was were are did does can should repeat repeated returning new active num number n nb no count total',
  ),
);
/** Words before an id or a person that make another one of it. */
const OTHERS = new Set(
  words('previous prev next last first other related similar also parent referrer referred recommended seller vendor'),
);
const OTHER_PEOPLE = new Set(words('store shop support supplier merchant admin staff'));

/** A name as it is compared. */
export function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
}

/** The words of a name, in lower case: of `shopUserID`, `shop_user_id` and `Shop user-ID` shop, user, id. */
function wordsOf(name: string): string[] {
  return name
    .replaceAll(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1 $2')
    .replaceAll(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}

/** How well a name fits a role: 0 for the likeliest; undefined where it does not. */
export function nameRank(name: string, role: ColumnRole): number | undefined {
  if (role !== 'user') return rankAmong(name, USUAL_NAMES[role]);
  // Whoever has a name comes before any visit.
  const visit = rankAmong(name, USUAL_NAMES.visit);
  return rankAmong(name, USUAL_NAMES.user) ?? (visit === undefined ? undefined : VISITS + visit);
}

const VISITS = 10_000;

function rankAmong(name: string, names: readonly string[]): number | undefined {
  const exact = names.indexOf(plainName(name));
  if (exact !== -1) return exact;
  const parts = wordsOf(name);
  const [first = ''] = parts;
  if (YES_OR_NO.has(first) || parts.some((part) => OTHERS.has(part))) return undefined;
  const endings = parts.map((_, index) => parts.slice(index).join(''));
  const found = names.findIndex((usual) => {
    if (!isEnding(usual) || (usual.endsWith('email') && OTHER_PEOPLE.has(first))) return false;
    // Without borders there is nothing but the ending: shopuserid, clicktimestamp.
    const joined = parts.length === 1 && usual.length >= 5 && /(id|timestamp|datetime)$/.test(usual);
    return endings.includes(usual) || (joined && first.endsWith(usual) && !NO_IDS.has(first));
  });
  return found === -1 ? undefined : names.length + found;
}

/** Whether a usual name still names the same with words before it: an id does, a thing (`has_video`, `top_artist`) or a day (`birth_date`) does not. */
function isEnding(usual: string): boolean {
  return /(id|key|code|number|nummer|nr|no|sku|isbn|email|asin|timestamp|.time|.date|.at|created)$/.test(usual);
}

/** Whether a name says that a column is an attribute. */
export function isAttributeName(name: string): boolean {
  const parts = wordsOf(name);
  return ATTRIBUTES.has(parts.at(-1) ?? '') || ATTRIBUTES.has(plainName(name)) || isYesOrNoName(name);
}

/** Whether a name asks a question, or says how many: `has_video`, `num_items`. */
function isYesOrNoName(name: string): boolean {
  const [first = '', second] = wordsOf(name);
  return second !== undefined && YES_OR_NO.has(first);
}

/** Whether a name says outright that values are ids, however few they are. */
export function isIdName(name: string): boolean {
  return endsWithId(wordsOf(name).at(-1) ?? '') && !isYesOrNoName(name);
}

/** English words that end so, and are no ids. */
const NO_IDS = new Set(
  words(
    'valid invalid solid liquid fluid rapid vivid humid acid avid david void avoid android',
    'hybrid grid bid bids kid mid said raid braid aid maid covid lucid stupid candid splendid arid rigid timid',
    'placid squid druid asteroid steroid celluloid tabloid thyroid amid',
  ),
);

function endsWithId(word: string): boolean {
  // What was paid is called so without borders, too: pricepaid.
  return word.endsWith('id') && !word.endsWith('paid') && !NO_IDS.has(word);
}

/** Whether a column's name says that it holds readable names of items. */
export function isTitleName(name: string): boolean {
  return (
    /(title|name)$/.test(plainName(name)) &&
    !/(brand|category|genre|tag|label|keyword|department|section|topic|event|user|reviewer|author|artist|store|file)name$/.test(
      plainName(name),
    )
  );
}

/** Whether a name says how many pieces there are. */
export function isQuantityName(name: string): boolean {
  const [last = '', before = ''] = wordsOf(name).toReversed();
  return (
    /^(units?|pieces|pcs|sold|cantidad|quantit[ée]|quantit[aà]|aantal|antal)$/.test(last) ||
    /(quantity|qty|menge|anzahl|stueckzahl|stückzahl)$/.test(last) ||
    (last === 'count' && /^(item|order|product|purchase|)$/.test(before))
  );
}

/** Whether a name says how much money was paid. */
export function isAmountName(name: string): boolean {
  const last = wordsOf(name).at(-1) ?? '';
  return /^(total|sales)$|(amount|revenue|subtotal|betrag|umsatz|montant|importe)$/.test(last);
}

/** Whether a name says that numbers are measures, however few different ones there are. */
export function isMeasureName(name: string): boolean {
  const last = wordsOf(name).at(-1) ?? '';
  return (
    isQuantityName(name) ||
    isAmountName(name) ||
    /^(age|ages|count|counts|score|scores|overall|star|stars|votes?|hours|useful|funny|cool)$/.test(last) ||
    /(rating|ratings|price|preis|prix|precio|prezzo|playtime|helpful|votes)$/.test(last) ||
    /(?<!ac|dis)count$/.test(last)
  );
}

/** Whether a name says that numbers are codes, between which there is no more or less. */
export function isCodeName(name: string): boolean {
  const last = wordsOf(name).at(-1) ?? '';
  return (
    endsWithId(last) ||
    /(code|type|category|class|group|brand|segment|cluster|zip|plz)$/.test(last) ||
    /^(ean|upc)\d*$|^gtin|isbn/.test(plainName(name))
  );
}

/** Whether a name says that a column of the log describes who wrote it. */
export function isPersonName(name: string): boolean {
  return /(user|reviewer|author|customer|member|visitor|first|last)(nick)?name$/.test(plainName(name));
}

/** Whether a name says that values lead to other items. */
export function isLinkName(name: string): boolean {
  return /(also|related|similar|together|bought|viewed|buyafter)/.test(plainName(name));
}

/** What a file of a folder holds, by its name; the log before the others: `product_reviews` are reviews. */
export const FILE_NAMES: Readonly<Record<'interactions' | 'items' | 'users', RegExp>> = {
  interactions:
    /(interaction|rating|review|event|click|views?\b|order|purchase|transaction|plays?\b|listen|watch|visits?\b|(^|[^a-z])logs?([^a-z]|$)|histor|behaviou?r|session)/i,
  items:
    /(^|[^a-z])(meta|items?|products?|movies?|catalog|catalogue|books?|songs?|tracks?|games?|articles?|business|businesses|artists?|videos?|recipes?)([^a-z]|$)/i,
  users: /(^|[^a-z])(users?|customers?|members?|people|profiles?|accounts?|clients?|visitors?)([^a-z]|$)/i,
};
