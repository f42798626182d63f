// For tests: every recipe's files, small, in exactly the form in which the publisher gives them, and what must come out of them,
// worked out by hand. The same people meet the same things in all of them: five users, each takes the five items in turn, beginning one
// further on; a sixth user and a sixth item have too few interactions to stay.
import { gzipSync } from 'node:zlib';

/** What a recipe must make of its files. */
export interface Expected {
  /** User -> items in order, those to be predicted in validation with "?", in the test with "!". */
  readonly sequences: Readonly<Record<string, string>>;
  /** The times of one user in seconds. */
  readonly times: readonly [user: string, times: readonly number[]];
  /** Item -> name where the recipe has names (the id of an item without), and the values of its fields in the order of the recipe. */
  readonly items?: Readonly<Record<string, readonly unknown[]>>;
  /** User -> the values of the fields. */
  readonly users?: Readonly<Record<string, readonly unknown[]>>;
  /** Rows set aside as unusable. */
  readonly quarantined?: number;
}

/** One recipe on small files. */
export interface RecipeCase {
  readonly recipe: string;
  /** Bytes by path in the folder of raw files; archives hold those below their name without its ending. */
  readonly files: Readonly<Record<string, Buffer>>;
  readonly expected: Expected;
}

type Row = readonly [user: number, item: number, place: number];

/** 25 rows, item by item, so that no user's stand together or in order; then what has to go. */
const GRID: readonly Row[] = [0, 1, 2, 3, 4].flatMap((item) =>
  [0, 1, 2, 3, 4].map((user): Row => [user, item, (item - user + 5) % 5]),
);
const TOO_FEW: readonly Row[] = [
  [5, 0, 0],
  [5, 5, 1],
];
const ROWS: readonly Row[] = [...GRID, ...TOO_FEW];
/** What each of five users took, as places among the items. */
const TURNS = ['0 1 2 3 4', '1 2 3 4 0', '2 3 4 0 1', '3 4 0 1 2', '4 0 1 2 3'] as const;

const DAY = 86_400;
const text = (lines: readonly string[], end = '\n'): Buffer => Buffer.from(lines.map((line) => line + end).join(''));
const latin1 = (lines: readonly string[]): Buffer => Buffer.from(lines.map((line) => `${line}\n`).join(''), 'latin1');
const gz = (lines: readonly string[]): Buffer => gzipSync(text(lines));
const day = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 10);

/** The turns with real names; the last item is the test's, the one before it validation's. */
function turns(users: readonly string[], items: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    TURNS.map((turn, user) => {
      const [a, b, c, d, e] = turn.split(' ').map((place) => items[Number(place)]);
      return [users[user] ?? '', `${a} ${b} ${c} ${d}? ${e}!`];
    }),
  );
}

const ASINS = ['7806397051', '9759091062', '9788072216', 'B00004TMFE', 'B0000531EN', 'B00005A77F'];
const REVIEWERS = [
  'A1YJEY40YUW4SE',
  'A60XNB876KYML',
  'A3G6XNM240RMWA',
  'A1PQFP6SAJ6D80',
  'A38FVHZTNQ271F',
  'A3BTN14HIZET6Z',
];
const BEAUTY_FROM = 1_388_534_400;

function amazon2014(): RecipeCase {
  const meta = [
    // Paths in a list; an apostrophe makes Python take double quotes; what else stands there is not looked at.
    `{'asin': '${ASINS[0]}', 'description': "No stray hair's left. \\"Great\\"", 'title': "WAWO 15 Color Women's Palette", 'imUrl': 'http://ecx.images-amazon.com/images/I/31.jpg', 'salesRank': {'Beauty': 461023}, 'categories': [['Beauty', 'Makeup', 'Face', 'Concealers & Neutralizers']], 'brand': "Burt's Bees", 'price': 18.99, 'related': {'also_viewed': ['B002', 'B003']}}`,
    // Two paths that share names; no brand, no price.
    `{'asin': '${ASINS[1]}', 'title': 'Caf\\xe9 Gel \\u2013 Nails', 'categories': [['Beauty', 'Makeup', 'Nails'], ['Beauty', 'Tools & Accessories', 'Nails']]}`,
    // No title; a comma inside a name.
    `{'asin': '${ASINS[2]}', 'categories': [['Beauty', 'Hair Care', 'Creams, Gels & Lotions']], 'brand': 'AXE &amp; Co'}`,
    // Nothing but the root.
    `{'asin': '${ASINS[3]}', 'title': 'Plain', 'brand': '', 'categories': [['Beauty']]}`,
    // No row for ASINS[4]; a row of a product that nobody reviewed, and a second row of the first.
    `{'asin': 'B00ZZZZZZZ', 'title': None, 'categories': [['Beauty', 'Unseen']]}`,
    `{'asin': '${ASINS[0]}', 'title': 'Other', 'categories': [['Beauty', 'Other']]}`,
  ];
  const review = ([user, item, place]: Row): string =>
    `{"reviewerID": "${REVIEWERS[user]}", "asin": "${ASINS[item]}", "reviewerName": "Andrea", "helpful": [3, 4], "reviewText": "Very oily and creamy.\\n\\"Not\\" at all, \\u00e9.", "overall": ${1 + ((user + item) % 5)}.0, "summary": "Don't waste your money", "unixReviewTime": ${BEAUTY_FROM + place * DAY}, "reviewTime": "01 ${place + 1}, 2014"}`;
  return {
    recipe: 'amazon-2014-beauty',
    files: { 'reviews_Beauty_5.json.gz': gz(ROWS.map(review)), 'meta_Beauty.json.gz': gz(meta) },
    expected: {
      sequences: turns(REVIEWERS, ASINS),
      times: [REVIEWERS[0] ?? '', [0, 1, 2, 3, 4].map((place) => BEAUTY_FROM + place * DAY)],
      items: {
        '7806397051': [
          "WAWO 15 Color Women's Palette",
          ['Makeup', 'Face', 'Concealers & Neutralizers'],
          ["Burt's Bees"],
        ],
        '9759091062': ['Caf\u00e9 Gel \u2013 Nails', ['Makeup', 'Nails', 'Tools & Accessories'], []],
        '9788072216': ['9788072216', ['Hair Care', 'Creams, Gels & Lotions'], ['AXE & Co']],
        B00004TMFE: ['Plain', [], []],
        B0000531EN: ['B0000531EN', [], []],
      },
    },
  };
}

function amazon2018(): RecipeCase {
  const meta = [
    `{"category": ["All Beauty", "Skin Care"], "tech1": "", "description": [], "fit": "", "title": "<span class=\\"a-size-medium a-color-secondary\\"", "also_buy": [], "brand": "Olay", "rank": "2,938,573 in Beauty & Personal Care (", "price": "$.getElementById", "asin": "${ASINS[0]}"}`,
    `{"category": [], "tech1": "", "title": "Plain Soap", "brand": "", "rank": [], "asin": "${ASINS[1]}"}`,
    `{"category": ["All Beauty", "Cooking, Food &amp; Wine"], "title": ".a-box { border: 0 }", "brand": "L&#39;Oreal", "asin": "${ASINS[2]}"}`,
    `{"category": ["All Beauty", "Skin Care"], "title": "Twice", "brand": "Olay", "asin": "${ASINS[3]}"}`,
    `{"category": ["All Beauty", "Wrong"], "title": "Second row", "brand": "Wrong", "asin": "${ASINS[3]}"}`,
  ];
  const review = ([user, item, place]: Row): string =>
    `{"overall": 5.0, "vote": "3", "verified": true, "reviewTime": "01 ${place + 1}, 2014", "reviewerID": "${REVIEWERS[user]}", "asin": "${ASINS[item]}", "style": {"Size:": " 8 oz"}, "reviewerName": "Ann", "reviewText": "Good", "summary": "Good", "unixReviewTime": ${BEAUTY_FROM + place * DAY}}`;
  return {
    recipe: 'amazon-2018-all-beauty',
    files: {
      // An exact copy, and a second review a month later: one review per user and item stays, the first.
      'All_Beauty_5.json.gz': gz([...ROWS, GRID[0] ?? [0, 0, 0], [0, 0, 30] as const].map(review)),
      'meta_All_Beauty.json.gz': gz(meta),
    },
    expected: {
      sequences: turns(REVIEWERS, ASINS),
      times: [REVIEWERS[1] ?? '', [0, 1, 2, 3, 4].map((place) => BEAUTY_FROM + place * DAY)],
      items: {
        '7806397051': ['7806397051', ['Skin Care'], ['Olay']],
        '9759091062': ['Plain Soap', [], []],
        '9788072216': ['9788072216', ['Cooking, Food & Wine'], ["L'Oreal"]],
        B00004TMFE: ['Twice', ['Skin Care'], ['Olay']],
        B0000531EN: ['B0000531EN', [], []],
      },
    },
  };
}

function amazon2023(): RecipeCase {
  const users = [
    'AGKHLEW2SOWHNMFQIJGBECAF7INQ',
    'AGKASBHYZPGTEPO6LWZPVJWB2BVA',
    'AE74DYR3QUGVPZJ3P7RFWBGIX7XQ',
    'AFQLNQNQYFWQZPJQZS6V3NZU4QBQ',
    'AFTXQ5G5BLLTNKV3UMBOU6YQJNYQ',
    'AFW2PDT3AMT4X3PYQG7FJZH5FXFA',
  ];
  const meta = [
    `{"main_category": "All Beauty", "title": "Howard LC0008 Leather Conditioner", "average_rating": 4.8, "rating_number": 10, "features": [], "description": [], "price": null, "images": [{"thumb": "https://m.media-amazon.com/images/I/41.jpg"}], "videos": [], "store": "Howard Products", "categories": [], "details": {"Package Dimensions": "7.1 x 5.5"}, "parent_asin": "${ASINS[0]}", "bought_together": null}`,
    `{"main_category": "All Beauty", "title": "Yes to Tomatoes", "price": 14.5, "store": null, "categories": ["Beauty & Personal Care", "Skin Care"], "parent_asin": "${ASINS[1]}"}`,
    `{"main_category": null, "title": "Eye Patch", "store": "Levine &amp; Sons", "categories": ["All Beauty", "Eyes"], "parent_asin": "${ASINS[2]}"}`,
  ];
  const from = 1_588_687_728_923;
  const review = ([user, item, place]: Row): string =>
    `{"rating": ${1 + place}.0, "title": "Such a lovely scent", "text": "I like it.<br />A lot.", "images": [], "asin": "${ASINS[item]}X${user}", "parent_asin": "${ASINS[item]}", "user_id": "${users[user]}", "timestamp": ${from + place * 1000}, "helpful_vote": 0, "verified_purchase": true}`;
  return {
    recipe: 'amazon-2023-all-beauty',
    files: { 'All_Beauty.jsonl.gz': gz(ROWS.map(review)), 'meta_All_Beauty.jsonl.gz': gz(meta) },
    expected: {
      sequences: turns(users, ASINS),
      times: [users[2] ?? '', [1588687728.923, 1588687729.923, 1588687730.923, 1588687731.923, 1588687732.923]],
      items: {
        '7806397051': ['Howard LC0008 Leather Conditioner', [], ['Howard Products']],
        '9759091062': ['Yes to Tomatoes', ['Beauty & Personal Care', 'Skin Care'], []],
        '9788072216': ['Eye Patch', ['Eyes'], ['Levine & Sons']],
        B00004TMFE: ['B00004TMFE', [], []],
        B0000531EN: ['B0000531EN', [], []],
      },
    },
  };
}

function yelp(): RecipeCase {
  const users = [
    'OyoGAe7OKpv6SyGZT5g77Q',
    '8g_iMtfSiwikVnbP2etR0A',
    '_7bHUi9Uuf5__HHc_Q8guQ',
    'bcjbaE6dDog4jkNY91ncLQ',
    'eUta8W_HdHMXPzLBBZhL1A',
    'yfFzsLmaWF2d4Sr0UNbBgg',
  ];
  const places = [
    'Pns2l4eNsfO8kk83dixA6A',
    'mpf3x-BjTdTEA3yCZrAYPw',
    'tUFrWirKiKi_TAnsVWINQQ',
    'MTSW4McQd7CbVtyjqoe9mw',
    'mWMc6_wTdE0EUBKIGXDVfA',
    'CF33F8-E6oudUQ46HnavjQ',
  ];
  const review = (user: number, place: number, date: string): string =>
    `{"review_id":"r-${user}-${place}","user_id":"${users[user]}","business_id":"${places[place]}","stars":${1 + (place % 5)}.0,"useful":1,"funny":0,"cool":1,"text":"I've taken a lot of spin classes.\\n\\nNothing \\"compares\\" \\/ at all.","date":"${date}"}`;
  const reviews = ROWS.map(([user, item, at]) => review(user, item, `2019-06-1${at} 18:05:3${at}`));
  // The window is closed: its first and its last second count, those beside it do not.
  const edges = [
    review(0, 0, '2018-12-31 13:59:59'),
    review(0, 1, '2018-12-31 14:00:00'),
    review(0, 2, '2019-12-30 14:00:00'),
    review(0, 3, '2019-12-30 14:00:01'),
  ];
  const business = (place: number, name: string, categories: string): string =>
    `{"business_id":"${places[place]}","name":"${name}","address":"1616 Chapala St, Ste 2","city":"Santa Barbara","state":"CA","postal_code":"93101","latitude":34.4266787,"longitude":-119.7111968,"stars":5.0,"review_count":7,"is_open":0,"attributes":{"ByAppointmentOnly":"True"},"categories":${categories},"hours":null}`;
  const businesses = [
    business(0, 'Abby Rappoport, LAC, CMQ', '"Doctors, Naturopathic\\/Holistic, Health & Medical"'),
    business(1, 'The UPS Store', 'null'),
    business(2, 'Caf\u00e9 "Target"'.replaceAll('"', '\\"'), '"Shopping"'),
  ];
  return {
    recipe: 'yelp',
    files: {
      'yelp_academic_dataset_review.json': text([...reviews, ...edges]),
      // As in the release, the file does not end with a line end.
      'yelp_academic_dataset_business.json': Buffer.from(businesses.join('\n')),
    },
    expected: {
      sequences: {
        ...turns(users, places),
        OyoGAe7OKpv6SyGZT5g77Q:
          'mpf3x-BjTdTEA3yCZrAYPw Pns2l4eNsfO8kk83dixA6A mpf3x-BjTdTEA3yCZrAYPw tUFrWirKiKi_TAnsVWINQQ MTSW4McQd7CbVtyjqoe9mw mWMc6_wTdE0EUBKIGXDVfA? tUFrWirKiKi_TAnsVWINQQ!',
      },
      // 2019-06-10 18:05:30 and on, one day and one second later each.
      times: ['8g_iMtfSiwikVnbP2etR0A', [1560189930, 1560276331, 1560362732, 1560449133, 1560535534]],
      items: {
        Pns2l4eNsfO8kk83dixA6A: [
          'Abby Rappoport, LAC, CMQ',
          ['Doctors', 'Naturopathic/Holistic', 'Health & Medical'],
          ['Santa Barbara'],
        ],
        'mpf3x-BjTdTEA3yCZrAYPw': ['The UPS Store', [], ['Santa Barbara']],
        tUFrWirKiKi_TAnsVWINQQ: ['Caf\u00e9 "Target"', ['Shopping'], ['Santa Barbara']],
        MTSW4McQd7CbVtyjqoe9mw: ['MTSW4McQd7CbVtyjqoe9mw', [], []],
        mWMc6_wTdE0EUBKIGXDVfA: ['mWMc6_wTdE0EUBKIGXDVfA', [], []],
      },
    },
  };
}

const NUMBERS = ['1', '2', '3', '4', '5', '6'];
const MOVIES_FROM = 978_300_760;
const MOVIE_TIMES: Expected['times'] = ['1', [0, 1, 2, 3, 4].map((place) => MOVIES_FROM + place)];

function ml100k(): RecipeCase {
  const people = [
    '1|24|M|technician|85711',
    '2|53|F|other|94043',
    '3|23|M|writer|32067',
    '4|24|M|technician|43537',
    '5|33|F|other|T8H1N',
    '6|42|M|executive|98101',
  ];
  const film = (id: number, title: string, flags: string): string =>
    `${id}|${title}|01-Jan-1995||http://us.imdb.com/M/title-exact?${encodeURIComponent(title)}|${[...flags].join('|')}`;
  const films = [
    film(1, 'Toy Story (1995)', '0001110000000000000'),
    film(2, 'Mis\u00e9rables, Les (1995)', '0000000010000010000'),
    film(3, 'Four Rooms "1995"', '0000000000000000100'),
    '4|unknown||||1|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0',
    film(5, 'Copycat (1995)', '0000000000100001011'),
    film(6, 'Shanghai Triad (1995)', '0000000010000000000'),
  ];
  return {
    recipe: 'ml-100k',
    files: {
      'ml-100k/u.data': text(ROWS.map(([user, item, place]) => `${user + 1}\t${item + 1}\t3\t${MOVIES_FROM + place}`)),
      'ml-100k/u.item': latin1(films),
      'ml-100k/u.user': text(people),
    },
    expected: {
      sequences: turns(NUMBERS, NUMBERS),
      times: MOVIE_TIMES,
      items: {
        '1': ['Toy Story (1995)', ['Animation', "Children's", 'Comedy']],
        '2': ['Mis\u00e9rables, Les (1995)', ['Drama', 'Romance']],
        '3': ['Four Rooms "1995"', ['Thriller']],
        '4': ['unknown', ['unknown']],
        '5': ['Copycat (1995)', ['Film-Noir', 'Sci-Fi', 'War', 'Western']],
      },
      users: {
        '1': [24, 'M', 'technician'],
        '2': [53, 'F', 'other'],
        '3': [23, 'M', 'writer'],
        '4': [24, 'M', 'technician'],
        '5': [33, 'F', 'other'],
      },
    },
  };
}

function ml1m(): RecipeCase {
  const films = [
    "1::Toy Story (1995)::Animation|Children's|Comedy",
    '2::Mis\u00e9rables, Les (1995)::Drama|Musical',
    '3::Grumpier: Old Men (1995)::Comedy|Romance',
    '4::"Waiting" to Exhale (1995)::Comedy',
    '5::Father of the Bride Part II (1995)::Sci-Fi',
    '6::Heat (1995)::Action',
  ];
  return {
    recipe: 'ml-1m',
    files: {
      'ml-1m/ratings.dat': text(
        ROWS.map(([user, item, place]) => `${user + 1}::${item + 1}::5::${MOVIES_FROM + place}`),
      ),
      'ml-1m/movies.dat': latin1(films),
      'ml-1m/users.dat': text([
        '1::F::1::10::48067',
        '2::M::56::16::70072',
        '3::M::25::15::55117',
        '4::M::45::7::02460',
        '5::M::25::20::55455-1234',
        '6::F::50::9::55117',
      ]),
    },
    expected: {
      sequences: turns(NUMBERS, NUMBERS),
      times: MOVIE_TIMES,
      items: {
        '1': ['Toy Story (1995)', ['Animation', "Children's", 'Comedy']],
        '2': ['Mis\u00e9rables, Les (1995)', ['Drama', 'Musical']],
        '3': ['Grumpier: Old Men (1995)', ['Comedy', 'Romance']],
        '4': ['"Waiting" to Exhale (1995)', ['Comedy']],
        '5': ['Father of the Bride Part II (1995)', ['Sci-Fi']],
      },
      users: {
        '1': ['F', '1', '10'],
        '2': ['M', '56', '16'],
        '3': ['M', '25', '15'],
        '4': ['M', '45', '7'],
        '5': ['M', '25', '20'],
      },
    },
  };
}

/** 20M ends its lines with LF here, 25M with CRLF: releases differ, and both must do. */
function mlCsv(release: '20m' | '25m', end: string): RecipeCase {
  const films = [
    'movieId,title,genres',
    '1,Toy Story (1995),Adventure|Animation|Children|Comedy|Fantasy',
    '2,"American President, The (1995)",Comedy|Drama|Romance',
    '3,"""Great Performances"" Cats (1998)",Musical',
    '4,"Mis\u00e9rables, Les (1995)",Drama|War',
    '5,Away with Words (1999),(no genres listed)',
  ];
  return {
    recipe: `ml-${release}`,
    files: {
      [`ml-${release}/ratings.csv`]: text(
        [
          'userId,movieId,rating,timestamp',
          ...ROWS.map(([user, item, place]) => `${user + 1},${item + 1},3.5,${MOVIES_FROM + place}`),
        ],
        end,
      ),
      [`ml-${release}/movies.csv`]: text(films, end),
    },
    expected: {
      sequences: turns(NUMBERS, NUMBERS),
      times: MOVIE_TIMES,
      items: {
        '1': ['Toy Story (1995)', ['Adventure', 'Animation', 'Children', 'Comedy', 'Fantasy']],
        '2': ['American President, The (1995)', ['Comedy', 'Drama', 'Romance']],
        '3': ['"Great Performances" Cats (1998)', ['Musical']],
        '4': ['Mis\u00e9rables, Les (1995)', ['Drama', 'War']],
        '5': ['Away with Words (1999)', []],
      },
    },
  };
}

function steam(): RecipeCase {
  // As Python writes them, what they are, and as ids.
  const names = ["u'Chaos Syren'", `u"Ariman1's"`, "u'freakfantom'", "u'\\u7267\\u91ce'", "u'a_b'", "u'a b'"];
  const ids = ['Chaos%20Syren', 'Ariman1%27s', 'freakfantom', '%E7%89%A7%E9%87%8E', 'a_b'];
  const games = ['725280', '328100', '35140', '707610', '8980', '1'];
  const from = Date.UTC(2017, 11, 14) / 1000;
  const review = ([user, item, place]: Row): string =>
    `{u'username': ${names[user]}, u'hours': ${place}.5, ${user === 0 ? "u'user_id': u'76561197970982479', " : ''}u'products': 41, u'product_id': u'${games[item]}', u'page_order': 0, u'date': u'${day(from + place * DAY)}', u'text': u"This would not be acceptable, it's \\xe9", u'early_access': False, u'page': 1}`;
  const game = [
    "{u'publisher': u'Kotoshiro', u'genres': [u'Action', u'Casual', u'Indie'], u'app_name': u'Lost Summoner Kitty', u'title': u'Lost Summoner Kitty', u'url': u'http://store.steampowered.com/app/725280/', u'release_date': u'2018-01-04', u'tags': [u'Strategy', u'1980s', u'Design &amp; Illustration'], u'discount_price': 4.49, u'specs': [u'Single-player'], u'price': 4.99, u'early_access': False, u'id': u'725280', u'developer': u'Kotoshiro'}",
    `{u'genres': [u'Free to Play'], u'app_name': u"Ironbound's", u'price': u'Free to Play', u'id': u'328100', u'metascore': None}`,
    "{u'app_name': u'Batman', u'tags': [], u'id': u'35140', u'developer': u'Rocksteady'}",
    // Without an id, as two in the release.
    "{u'url': u'http://store.steampowered.com/', u'app_name': u'Nameless'}",
  ];
  return {
    recipe: 'steam',
    files: { 'steam_reviews.json.gz': gz(ROWS.map(review)), 'steam_games.json.gz': gz(game) },
    expected: {
      sequences: turns(ids, games),
      times: ['freakfantom', [0, 1, 2, 3, 4].map((place) => from + place * DAY)],
      items: {
        '725280': [
          'Lost Summoner Kitty',
          ['Action', 'Casual', 'Indie'],
          ['Strategy', '1980s', 'Design & Illustration'],
          ['Kotoshiro'],
        ],
        '328100': ["Ironbound's", ['Free to Play'], [], []],
        '35140': ['Batman', [], [], ['Rocksteady']],
        '707610': ['707610', [], [], []],
        '8980': ['8980', [], [], []],
      },
      quarantined: 1,
    },
  };
}

function lastfm1k(): RecipeCase {
  // Five sessions of two people, each over the five artists in turn. Artist 2 has no MusicBrainz id.
  const artists = ['a-1', 'a-2', '', 'a-4', 'a-5', 'a-6'];
  const starts = [
    '2009-05-01T23:00:00Z',
    '2009-05-03T23:00:00Z',
    '2009-05-05T23:00:00Z',
    '2009-05-07T23:00:00Z',
    '2009-05-09T23:00:00Z',
    '2009-05-02T10:00:00Z',
  ];
  const owner = ['user_000001', 'user_000001', 'user_000001', 'user_000002', 'user_000002', 'user_000003'];
  const rows = ROWS.map(([session, artist, place]) => {
    // Two hours between plays: within a session across midnight.
    const at = new Date(Date.parse(starts[session] ?? '') + place * 7_200_000).toISOString().replace('.000Z', 'Z');
    return `${owner[session]}\t${at}\t${artists[artist]}\t${artist === 2 ? 'Sigur R\u00f3s' : 'Bj"rk'}\t\t12" Version`;
  });
  // The file has each user's plays from the last to the first.
  return {
    recipe: 'lastfm-1k',
    files: { 'lastfm-dataset-1K/userid-timestamp-artid-artname-traid-traname.tsv': text(rows.toReversed()) },
    expected: {
      // A tenth of 25 plays, without the fraction, is two: the last two test, the two before them validate.
      sequences: {
        user_000001: 'a-1 a-2 Sigur%20R%C3%B3s a-4 a-5',
        'user_000001#2': 'a-2 Sigur%20R%C3%B3s a-4 a-5 a-1',
        'user_000001#3': 'Sigur%20R%C3%B3s a-4 a-5 a-1 a-2',
        user_000002: 'a-4 a-5 a-1 a-2 Sigur%20R%C3%B3s',
        'user_000002#2': 'a-5 a-1? a-2? Sigur%20R%C3%B3s! a-4!',
      },
      times: ['user_000001#2', [0, 1, 2, 3, 4].map((place) => Date.UTC(2009, 4, 3, 23) / 1000 + place * 7200)],
    },
  };
}

function lastfm2k(): RecipeCase {
  const from = 1_238_536_800_000;
  const rows = ROWS.flatMap(([user, item, place]) => {
    const row = `${user + 1}\t${item + 1}\t${13 + item}\t${from + place * 86_400_000}`;
    // A second tag of the same person for the same artist.
    return item === 2 ? [row, `${user + 1}\t${item + 1}\t99\t${from + place * 86_400_000}`] : [row];
  });
  return {
    recipe: 'lastfm-2k',
    files: {
      'user_taggedartists-timestamps.dat': text(['userID\tartistID\ttagID\ttimestamp', ...rows], '\r\n'),
      'artists.dat': text(
        [
          'id\tname\turl\tpictureURL',
          '1\tMALICE MIZER\thttp://www.last.fm/music/MALICE+MIZER\thttp://userserve-ak.last.fm/serve/252/10808.jpg',
          '2\tDiary of "Dreams\thttp://www.last.fm/music/Diary\t',
          '3\tSigur R\u00f3s\thttp://www.last.fm/music/x\t',
        ],
        '\r\n',
      ),
    },
    expected: {
      sequences: turns(NUMBERS, NUMBERS),
      times: ['1', [0, 1, 2, 3, 4].map((place) => from / 1000 + place * DAY)],
      items: { '1': ['MALICE MIZER'], '2': ['Diary of "Dreams'], '3': ['Sigur R\u00f3s'], '4': ['4'], '5': ['5'] },
    },
  };
}

function yoochoose(): RecipeCase {
  const items = ['214536502', '214536500', '214536506', '214577561', '214662742', '214825110'];
  // Four sessions in April; the fifth runs from the 28th to the 29th of September.
  const starts = [
    '2014-04-07T10:51:09.277Z',
    '2014-04-07T13:56:37.614Z',
    '2014-04-08T23:59:58.001Z',
    '2014-04-09T01:00:00.000Z',
    '2014-09-29T02:59:58.500Z',
    '2014-04-10T01:00:00.000Z',
  ];
  const rows = ROWS.map(([session, item, place]) => {
    const at = new Date(Date.parse(starts[session] ?? '') + place * 1000).toISOString();
    return `${session + 1},${at},${items[item]},${['0', 'S', '7', '2098', '0', '0'][item]}`;
  });
  const [a, b, c, d, e] = items;
  return {
    recipe: 'yoochoose',
    files: { 'yoochoose-clicks.dat': text(rows) },
    expected: {
      sequences: {
        '1': `${a} ${b} ${c} ${d} ${e}`,
        '2': `${b} ${c} ${d} ${e} ${a}`,
        '3': `${c} ${d} ${e} ${a} ${b}`,
        '4': `${d} ${e} ${a} ${b} ${c}`,
        // The first second has no history; the next click is on the 28th still (its day ends at 3 o'clock), the rest on the last day.
        '5': `(${e}) ${a}? ${b}! ${c}! ${d}!`,
      },
      times: ['1', [0, 1, 2, 3, 4].map((place) => 1396867869.277 + place)],
    },
  };
}

function diginetica(): RecipeCase {
  const items = ['81766', '31331', '32118', '9654', '32627', '100'];
  const days = ['2016-05-09', '2016-05-09', '2016-05-10', '2016-05-20', '2016-05-30', '2016-05-11'];
  const rows = ROWS.map(
    ([session, item, place]) =>
      `${session + 1};${session === 1 ? '21' : 'NA'};${items[item]};${526_309 + place * 1500};${days[session]}`,
  );
  const [a, b, c, d, e] = items;
  return {
    recipe: 'diginetica',
    files: {
      'train-item-views.csv': text(['sessionId;userId;itemId;timeframe;eventdate', ...rows]),
      'product-categories.csv': text(['itemId;categoryId', '81766;1096', '31331;35', '32118;35', '555;1']),
    },
    expected: {
      sequences: {
        '1': `${a} ${b} ${c} ${d} ${e}`,
        '2': `${b} ${c} ${d} ${e} ${a}`,
        '3': `${c} ${d} ${e} ${a} ${b}`,
        '4': `(${d}) ${e}? ${a}? ${b}? ${c}?`,
        '5': `(${e}) ${a}! ${b}! ${c}! ${d}!`,
      },
      // 2016-05-09 and 526.309 s on.
      times: ['1', [0, 1, 2, 3, 4].map((place) => 1462752526.309 + place * 1.5)],
      items: { '81766': [['1096']], '31331': [['35']], '32118': [['35']], '9654': [[]], '32627': [[]] },
    },
  };
}

/** Every form of recipe, once. */
export const RECIPE_CASES: readonly RecipeCase[] = [
  amazon2014(),
  amazon2018(),
  amazon2023(),
  yelp(),
  ml100k(),
  ml1m(),
  mlCsv('20m', '\n'),
  mlCsv('25m', '\r\n'),
  steam(),
  lastfm1k(),
  lastfm2k(),
  yoochoose(),
  diginetica(),
];
