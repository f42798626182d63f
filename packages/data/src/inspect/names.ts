// Usual names of columns and of files. Case and separators do not count: userId, user_id, "User ID" and USERID are one name.

/** What a column can be besides an attribute. */
export type ColumnRole = 'user' | 'item' | 'time';

/**
 * Names by which columns are known, the likeliest first. A column called like the end of one of them, such as `shop_user_id`, is found
 * too, after those that are called so outright.
 */
export const USUAL_NAMES: Readonly<Record<ColumnRole, readonly string[]>> = {
  user: words(
    'userid user uid reviewerid customerid customer clientid memberid visitorid accountid profileid',
    'personid buyerid playerid listenerid steamid username useruuid fullvisitorid customeruniqueid member',
    'customer client visitor account person buyer player reviewer cookieid deviceid',
    // A log without users may still have visits.
    'sessionid session sid visitid basketid',
  ),
  item: words(
    'itemid item iid parentasin asin productid product movieid businessid gmapid sku artistid trackid',
    'songid videoid bookid isbn gameid appid articleid newsid contentid recipeid hotelid venueid placeid',
    'locationid poiid listingid courseid offerid postid documentid docid showid animeid podcastid beerid',
    'wineid stockcode productcode articlenumber movie business artist track song video book game app',
    'article recipe venue',
  ),
  time: words(
    'timestamp time ts unixreviewtime datetime date eventtime eventtimestamp unixtime epoch createdat',
    'created occurredat happenedat at purchasedat purchasedate purchasetime orderdate orderedat',
    'reviewdate viewedat clickedat listenedat playedat watchedat ratedat visitedat visitdate eventdate',
    'invoicedate transactiondate tdat timestampms when utctime reviewtime timeframe',
  ),
};

function words(...lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => line.split(' '));
}

/** Names that are attributes, however much their values look like ids. */
const ATTRIBUTE_NAMES =
  /^(rating|ratings|stars?|score|overall|price|amount|quantity|qty|count|vote|votes|helpful|event|eventtype|type|action|behaviou?r|label|age|gender|weight|playtime|hours|verified|category|categoryid|brand|city|country|state)$/;

/** A name as it is compared. */
export function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
}

/** How well a name fits a role: 0 for the likeliest; undefined where it does not. */
export function nameRank(name: string, role: ColumnRole): number | undefined {
  const plain = plainName(name);
  const names = USUAL_NAMES[role];
  const exact = names.indexOf(plain);
  if (exact !== -1) return exact;
  const ending = names.findIndex((usual) => usual.length >= 5 && plain.endsWith(usual));
  return ending === -1 ? undefined : names.length + ending;
}

/** Whether a name says that a column is an attribute. */
export function isAttributeName(name: string): boolean {
  return ATTRIBUTE_NAMES.test(plainName(name));
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

/** Whether a name says that numbers are measures, however few different ones there are. */
export function isMeasureName(name: string): boolean {
  return /(rating|stars?|score|overall|price|amount|quantity|count|votes?|hours|age|playtime|useful|funny|cool|helpful)$/.test(
    plainName(name),
  );
}

/** Whether a name says that numbers are codes, between which there is no more or less. */
export function isCodeName(name: string): boolean {
  const plain = plainName(name);
  return (
    /(id|code|type|category|class|group|brand|segment|cluster|zip|zipcode|postalcode|plz)$/.test(plain) ||
    /^(ean|upc)\d*$|^gtin|isbn/.test(plain)
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
