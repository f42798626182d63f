// For tests: the recipes of reviews: Amazon and Yelp.
import { type RecipeCase, type Row, GRID, ROWS, DAY, text, gz, turns } from './shop.test.support.js';

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

export function amazon2014(): RecipeCase {
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

export function amazon2018(): RecipeCase {
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

export function amazon2023(): RecipeCase {
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

export function yelp(): RecipeCase {
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
