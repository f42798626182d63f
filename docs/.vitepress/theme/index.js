// vitepress's default theme, and the colours of the pictures.
import DefaultTheme from 'vitepress/theme';
import './pictures.css';

export default DefaultTheme;
