// For tests: the recipes of Steam, Last.fm, Yoochoose and Diginetica.
import { type RecipeCase, type Row, ROWS, DAY, text, gz, day, turns, NUMBERS } from './shop.test.support.js';

export function steam(): RecipeCase {
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

export function lastfm1k(): RecipeCase {
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

export function lastfm2k(): RecipeCase {
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

export function yoochoose(): RecipeCase {
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

export function diginetica(): RecipeCase {
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
